"""Alembic migrations of the store's schema, the indexer's tables included."""
