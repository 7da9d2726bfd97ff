"""The store: SQL tables, their migrations, key-value metadata, revisions."""
