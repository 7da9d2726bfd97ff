"""Article -> Document: tags and relations."""
