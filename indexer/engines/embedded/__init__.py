"""The embedded engine: Tantivy in a folder of the archive."""
