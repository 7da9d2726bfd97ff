"""Checks of an archive: the store's file, rows against WARC files, records against their digests and rows."""
