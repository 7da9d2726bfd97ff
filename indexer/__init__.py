"""Articles to documents to a search engine."""
