"""Articles -> documents -> search engine, and queries."""
