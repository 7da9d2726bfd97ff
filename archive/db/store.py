"""The store, opened: connections, write transactions, schema upgrades, runs."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from archive.db.metadata import get_metadata
from archive.db.tables import articles, captures, metadata, pages, quarantine, runs
from archive.errors import StoreError
from archive.messages import Message
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, utc_now

SCHEMA = "0001"  # the newest step in archive/db/migrations/versions
PATIENCE = 60.0  # seconds that a writer waits for another one
WRITING = "gongbao_writing"
CHUNK = 500  # values in one IN (...): far below every database's limit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of one archive; `uuid` is made with the store and never changes. Close it, or use it in `with`."""

    engine: Engine
    uuid: str

    @classmethod
    def open(cls, settings: ArchiveSettings, *, readonly: bool = False, make: bool = True,
             clock: Clock = utc_now) -> "Store":
        """The store that the settings name, its schema made or brought up to date first.

        Without `make` an SQLite file that is missing is a StoreError. With `readonly` nothing is created, migrated or
        written: a store that is missing or of another schema is a StoreError that says what to do.
        """
        engine = _engine(settings, readonly, make and not readonly)
        try:
            with _explained(engine):
                _require_schema(engine) if readonly else _prepare(engine, clock)
                with engine.connect() as connection:
                    return cls(engine, _require_uuid(connection))
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Give every connection back; the store cannot be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: alone from its first statement on, committed at the end, undone by an exception."""
        with _explained(self.engine), _writing(self.engine) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the store."""
        with _explained(self.engine), self.engine.connect() as connection:
            yield connection

    def start_run(self, source: str, now: datetime, live: bool) -> int:
        """The id of a new run, whose verdict is `running` until it is finished."""
        row = {"source": source, "started_at": iso(now), "verdict": "running", "live": live, "reasons": [],
               "counts": {}}
        with self.begin() as connection:
            return int(connection.execute(insert(runs).returning(runs.c.id), row).scalar_one())

    def finish_run(self, run_id: int, now: datetime, verdict: str, reasons: Sequence[Message] = (),
                   *, counts: Mapping[str, int] | None = None) -> None:
        """Write down how a run ended: healthy, short or failed, why, and what it counted."""
        done = {"finished_at": iso(now), "verdict": verdict, "reasons": [each.to_json() for each in reasons],
                "counts": dict(counts or {})}
        with self.begin() as connection:
            if connection.execute(update(runs).where(runs.c.id == run_id).values(done)).rowcount != 1:
                raise StoreError(f"there is no run {run_id} to finish; start_run gives the id")

    def known_articles(self, urlkeys: Iterable[str]) -> set[str]:
        """Those of the keys whose page has an article that could be read."""
        keys, found = list(urlkeys), set[str]()
        readable = select(pages.c.urlkey).join(articles, articles.c.page_id == pages.c.id)
        with self.read() as connection:
            for part in chunks(keys):
                found.update(connection.scalars(readable.where(pages.c.urlkey.in_(part))))
        return found

    def validators(self, urlkey: str) -> tuple[str | None, str | None]:
        """ETag and Last-Modified of the page's newest answer with status 200, for a conditional request.

        Both are None where that answer is in quarantine: "not modified" would leave the page unread for ever.
        """
        newest = (select(captures.c.etag, captures.c.last_modified, quarantine.c.capture_id)
                  .join(pages, captures.c.page_id == pages.c.id)
                  .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id)
                  .where(pages.c.urlkey == urlkey, captures.c.status == 200)
                  .order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(1))
        with self.read() as connection:
            row = connection.execute(newest).first()
        return (row.etag, row.last_modified) if row and row.capture_id is None else (None, None)


def require_driver(settings: ArchiveSettings) -> None:
    """StoreError where the Python package is missing that speaks to the database; nothing is opened."""
    _driven(make_url(settings.database_url())).dispose()


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """Turn what a database says into a StoreError; a broken rule of the schema stays what it is: a fault of ours."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        said = str(error.orig)
        raise StoreError(f"the store {place(engine.url)} cannot be used: {said}{_advice(said)}") from error


def place(url: URL) -> str:
    """Where a store is, without its password, which may also stand among the options after a `?`."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.set(query={}).render_as_string()


def _advice(said: str) -> str:
    """What to do about a database's complaint, where that is known."""
    known = {"locked": "; another process is writing to it, try again when it is done",
             "disk I/O error": "; check whether the disk is full, then whether it is sound",
             "full": "; free some space and run the command again, nothing is half-written",
             "not a database": "; move the file away or set GONGBAO_DATABASE to another one",
             "unable to open": "; check that the data folder exists and may be written to (GONGBAO_DATA)",
             "readonly": "; check the rights of the file and of its folder"}
    return next((advice for words, advice in known.items() if words in said), "")


def _engine(settings: ArchiveSettings, readonly: bool, make: bool) -> Engine:
    url = make_url(settings.database_url())
    if url.get_backend_name() != "sqlite":
        engine = _driven(url)
        event.listen(engine, "begin", _begin_elsewhere)
        return engine
    _require_place(Path(url.database or ""), make)
    engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _configure_readonly if readonly else _configure)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _driven(url: URL) -> Engine:
    try:
        return create_engine(url)
    except ImportError as error:  # the package is missing, or it is there without the C library that it wraps
        said = " ".join(str(error).split())
        raise StoreError(f"the store {place(url)} cannot be opened: its driver is missing or incomplete "
                         f"({said[:200]}); install it beside Gongbao: pip install 'psycopg[binary]'") from error


def _require_place(path: Path, make: bool) -> None:
    if not make and not _is_file(path):
        raise StoreError(f"there is no archive at {path}; fill one with `gongbao crawl` or `gongbao import`, "
                         "or name its folder in GONGBAO_DATA")
    if make:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {path.parent} cannot be made: {error.strerror}; set GONGBAO_DATA") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise StoreError(f"{path} cannot be looked at: {error.strerror}; check the rights of its folder") from error


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def _configure_readonly(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Pages are small and the system keeps them too: the usual 2 MB for each thread's connection are of no use.
    _pragmas(connection, "query_only=ON", "cache_size=-512")


def _pragmas(connection: DBAPIConnection, *pragmas: str) -> None:
    # The driver's own transactions would begin late and never immediately; SQLAlchemy's "begin" event does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for each in pragmas:
        cursor.execute(f"PRAGMA {each}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that first reads and later writes could find that another one wrote in between; it would fail.
    writing = connection.get_execution_options().get(WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_elsewhere(connection: Connection) -> None:
    """One writer at a time on PostgreSQL too: `rev` must grow in the order of the commits."""
    if connection.get_execution_options().get(WRITING):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7160401)")


def _schema(connection: Connection) -> str:
    """The step the schema stands at, '' where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _require_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        found = _schema(connection)
    _refuse_newer(found)
    if found != SCHEMA:
        raise StoreError(f"the store has schema {found or 'none'}, this program needs {SCHEMA}; "
                         "run `gongbao index` once to bring it up to date")


def _refuse_newer(found: str) -> None:
    if found > SCHEMA:
        raise StoreError(f"the store has schema {found}, this program knows {SCHEMA} at most; install a newer Gongbao")


def _prepare(engine: Engine, clock: Clock) -> None:
    with engine.connect() as connection:
        if _schema(connection) == SCHEMA:
            return
    with _writing(engine) as connection:
        found = _schema(connection)  # once more: another process may have been faster
        _refuse_newer(found)
        if found != SCHEMA:
            from archive.db.migrations.upgrade import upgrade  # Alembic takes a while to load and is rarely needed

            upgrade(connection)
        if found == "":
            made = {"store_uuid": str(uuid.uuid4()), "created_at": iso(clock())}
            connection.execute(insert(metadata), [{"key": key, "value": value} for key, value in made.items()])


def _require_uuid(connection: Connection) -> str:
    found = get_metadata(connection, "store_uuid")
    if found is None:
        raise StoreError("the store has no store_uuid; it was not made by Gongbao, or is damaged: restore a backup")
    return found


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in order, in chunks for SQL `IN (…)` of at most CHUNK each.

    >>> [len(each) for each in chunks(range(1100))]
    [500, 500, 100]
    """
    return (values[start:start + CHUNK] for start in range(0, len(values), CHUNK))
