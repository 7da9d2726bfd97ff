"""WARC files: parse damaged ones, build records, append, read one record by its offset."""
