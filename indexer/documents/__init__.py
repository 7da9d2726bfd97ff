"""Articles -> documents, with tags and relations."""
