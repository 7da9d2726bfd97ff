"""WARC files: build and append records, parse files even if damaged, load one record by offset, decode bodies."""
