"""The store: SQL tables, migrations, key-value metadata, revisions."""
