"""Search engines; `base` has the protocol that each of them implements."""
