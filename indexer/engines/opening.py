"""The engine that the settings name."""

from indexer.config import IndexerSettings
from indexer.engines.base import Engine
from indexer.errors import EngineError


def open_engine(settings: IndexerSettings, writable: bool) -> Engine:
    """The search engine of these settings; raises EngineError where there is none, or none of that name."""
    if settings.engine != "embedded":
        raise EngineError(f"no search engine is called {settings.engine!r}; GONGBAO_ENGINE can be embedded")
    from indexer.engines.embedded import EmbeddedEngine  # loads tantivy

    return EmbeddedEngine.open(settings.index_folder(), writable=writable)
