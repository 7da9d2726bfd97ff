"""Write captures, recover files of dead processes, import archives, resolve revisits, read and re-read captures."""
