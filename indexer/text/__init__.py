"""Text -> tokens, the same for documents and queries. Pure."""
