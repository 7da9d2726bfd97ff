"""Captures and articles on disk: records, WARC files, the store, ingest. Knows no site, no reader and no search."""
