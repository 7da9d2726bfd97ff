"""Backend of the views: settings, facet labels, the store (read-only) and the search engine, opened on first use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import cast

from flask import current_app, g
from sqlalchemy import Connection, func, select

from archive.db.store import Store
from archive.db.tables import captures
from archive.errors import StoreError
from indexer.engines.base import Checkpoint, Engine, ResultPage
from indexer.engines.factory import open_engine
from indexer.errors import EngineError, TooCostlyError
from indexer.query.model import Query
from indexer.query.weighted_cache import WeightedCache
from webapp.facet_labels import FacetLabels
from webapp.settings import WebSettings

EXTENSION = "gongbao"
SAMPLES_CHECK_SECONDS = 1.0
CACHED_BYTES = 16 * 1024 * 1024  # of response bodies, in each worker


class Backend:
    """Store and engine of one application, shared by its threads; it writes to neither."""

    def __init__(self, settings: WebSettings, labels: FacetLabels, engine_factory: Callable[[], Engine] | None = None,
                 clock: Callable[[], float] = monotonic) -> None:
        self.settings = settings
        self.labels = labels
        self.bodies = WeightedCache[bytes](CACHED_BYTES)
        self._engine_factory = engine_factory or self._open_engine
        self._clock = clock
        self._lock = Lock()
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._samples_found = False
        self._samples_checked_upto = 0
        self._next_samples_check = 0.0

    @contextmanager
    def read_store(self) -> Iterator[Connection]:
        """A read transaction of the store, one snapshot; raises StoreError if there is no store or it is unreadable."""
        with self._lock:
            if self._store is None:
                self._store = Store.open(self.settings, readonly=True)
            store = self._store
        with store.read() as connection:
            yield connection

    def search(self, query: Query, *, limit: int, offset: int = 0, facets: bool = False) -> ResultPage:
        """One page of hits; raises EngineError, after which the next call reopens the engine, and TooCostlyError."""
        with self._reopened_after_errors() as engine:
            return engine.search(query, limit=limit, offset=offset, facets=facets)

    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint of the index; raises EngineError like `search`."""
        with self._reopened_after_errors() as engine:
            return engine.checkpoint()

    @contextmanager
    def _reopened_after_errors(self) -> Iterator[Engine]:
        engine = self.engine()
        try:
            yield engine
        except TooCostlyError:
            raise  # it is the search that is at fault
        except EngineError:
            with self._lock:
                if self._engine is engine:  # another thread may have reopened it
                    self._engine = None
            raise

    def engine(self) -> Engine:
        """The search engine; raises EngineError while there is no index to open."""
        with self._lock:
            if self._engine is None:
                self._engine = self._engine_factory()
            return self._engine

    def has_samples(self, connection: Connection) -> bool:
        """True if a capture is a sample of the demo. Cached: queries new captures only, at most once a second."""
        if not self._samples_found and self._clock() >= self._next_samples_check:
            self._next_samples_check = self._clock() + SAMPLES_CHECK_SECONDS
            newest = connection.scalar(select(func.max(captures.c.id))) or 0
            if newest > self._samples_checked_upto:
                found = connection.scalar(select(captures.c.id).where(
                    captures.c.id > self._samples_checked_upto, captures.c.provenance == "replica").limit(1))
                self._samples_found, self._samples_checked_upto = found is not None, newest
        return self._samples_found

    def close(self) -> None:
        """Close the engine and every connection; the next request reopens them."""
        with self._lock:
            engine, self._engine = self._engine, None
            store, self._store = self._store, None
        for each in (engine, store):
            if each is not None:
                each.close()

    def _open_engine(self) -> Engine:
        return open_engine(self.settings, writable=False)


def current_backend() -> Backend:
    """The backend of Flask's `current_app`."""
    return cast(Backend, current_app.extensions[EXTENSION])


def source_ids() -> tuple[str, ...]:
    """Ids of all sources, for the page of an empty archive."""
    return tuple(current_backend().labels.facets["source"])


@contextmanager
def read_store_for_page() -> Iterator[Connection]:
    """A read transaction of the store for this request, which notes if its page needs the banner about samples."""
    backend = current_backend()
    with backend.read_store() as connection:
        g.has_samples = backend.has_samples(connection)
        yield connection


def archive_has_samples() -> bool:
    """True if this request's page needs the banner about sample releases; False if the store cannot be read.

    Opens a transaction only if the view has not.
    """
    if "has_samples" not in g:
        try:
            with read_store_for_page():
                pass
        except StoreError:
            g.has_samples = False
    return bool(g.has_samples)
