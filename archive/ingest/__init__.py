"""Keep captures, recover what a dead process left, import other archives, record what a reader reads."""
