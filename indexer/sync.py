"""Store -> engine: replayed from the engine's checkpoint, as often as needed and from wherever it was cut off."""

from indexer.updating import Changes, update_documents

__all__ = ["Changes", "update_documents"]
