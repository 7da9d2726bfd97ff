"""What one site shows: the store, read only, and the search engine; both are opened when they are first needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import cast

from flask import current_app
from sqlalchemy import Connection, func, select

from archive.db.store import Store
from archive.db.tables import captures
from indexer.engines.base import Engine, ResultPage
from indexer.engines.factory import open_engine
from indexer.errors import EngineError
from indexer.query.model import Query
from webapp.facet_labels import FacetLabels
from webapp.settings import WebSettings

EXTENSION = "gongbao"
PAUSE = 1.0


class Backend:
    """The archive as the site sees it. Nothing here writes."""

    def __init__(self, settings: WebSettings, opener: Callable[[], Engine] | None = None,
                 clock: Callable[[], float] = monotonic) -> None:
        self.settings = settings
        self._opener = opener or self._open_engine
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._lock = Lock()
        self._samples = False
        self._looked_upto = 0
        self._look_again = 0.0
        self._clock = clock

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection that sees one state of the store; raises StoreError where there is no store to read."""
        with self._lock:
            if self._store is None:
                self._store = Store.open(self.settings, readonly=True)
            store = self._store
        with store.read() as connection:
            yield connection

    def missing(self) -> bool:
        """Whether there is no store because nothing was ever collected, rather than one that cannot be read."""
        return not self.settings.has_store()

    def search(self, query: Query, *, limit: int, offset: int = 0, facets: bool = False) -> ResultPage:
        """The engine's answer; raises EngineError where there is no engine. A broken one is opened anew next time."""
        try:
            return self.engine().search(query, limit=limit, offset=offset, facets=facets)
        except EngineError:
            self._engine = None
            raise

    def engine(self) -> Engine:
        """The search engine; raises EngineError while there is none."""
        with self._lock:
            if self._engine is None:
                self._engine = self._opener()
            return self._engine

    def samples(self, connection: Connection) -> bool:
        """Whether the archive holds releases that were written for the project.

        Asks about new captures alone, and at most once a second.
        """
        if not self._samples and self._clock() >= self._look_again:
            self._look_again = self._clock() + PAUSE
            newest = connection.scalar(select(func.max(captures.c.id))) or 0
            if newest > self._looked_upto:
                found = connection.scalar(select(captures.c.id).where(
                    captures.c.id > self._looked_upto, captures.c.provenance == "replica").limit(1))
                self._samples, self._looked_upto = found is not None, newest
        return self._samples

    def close(self) -> None:
        """Give back the engine and every connection; the next request opens them again."""
        with self._lock:
            engine, self._engine = self._engine, None
            store, self._store = self._store, None
        for each in (engine, store):
            if each is not None:
                each.close()

    def _open_engine(self) -> Engine:
        return open_engine(self.settings, writable=False)


@dataclass(frozen=True, slots=True)
class SiteContext:
    """One running site."""

    settings: WebSettings
    holdings: Backend
    names: FacetLabels


def site() -> SiteContext:
    """The site that answers the present request."""
    return cast(SiteContext, current_app.extensions[EXTENSION])
