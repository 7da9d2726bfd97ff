"""Captures and what they say, on disk: WARC files, the store, and ingest. Knows no site, no reader and no search."""
