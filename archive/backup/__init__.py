"""Backups: a copy of the store and of the WARC files, with a manifest of sizes and digests; restore and repair."""
