"""The SQL store: connections, write transactions, schema upgrades; metadata and counters; rows of runs, validators."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from archive.data_folder import REPAIR, empty_store, holds_captures, missing_store, refuse_backup
from archive.db import dialects
from archive.db.tables import METADATA, NEWEST_FIRST, articles, captures, counters, metadata, pages, quarantine, runs
from archive.errors import DamagedStoreError, RefusedRowError, StoreError
from archive.messages import Message
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, utc_now
from archive.urls import page_id
from archive.warc.writer import has_warc

SCHEMA = "0004"  # the newest migration in archive/db/migrations/versions
CHUNK = 500  # values in one IN (...): far below every database's limit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Store:
    """The database of one archive; `uuid` is made with it and never changes. Close it, or use it in `with`."""

    engine: Engine
    uuid: str

    @classmethod
    def open(cls, settings: ArchiveSettings, *, readonly: bool = False, make: bool = True,
             clock: Clock = utc_now) -> "Store":
        """The store that the settings name, created or migrated to the newest schema first.

        Without `make` a missing SQLite file is a StoreError. With `readonly` nothing is created, migrated or written:
        a missing store or another schema version is a StoreError.
        """
        if not readonly:
            refuse_backup(settings.data)
        _refuse_emptied(settings)
        engine = _engine(settings, readonly, make and not readonly)
        try:
            with _store_errors(engine):
                _require_schema(engine) if readonly else _create_or_migrate(engine, clock)
                with engine.connect() as connection:
                    return cls(engine, _require_uuid(connection))
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def in_memory(cls) -> "Store":
        """An empty store without a file, for a dry run before there is an archive; other threads see none of it."""
        engine = dialects.open_engine(make_url("sqlite://"), readonly=False)
        METADATA.create_all(engine)
        return cls(engine, "")

    def close(self) -> None:
        """Close all connections; the store cannot be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction, exclusive from its start; committed at the end, rolled back by an exception."""
        with _store_errors(self.engine), _write_transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent snapshot of the store."""
        with _store_errors(self.engine), dialects.connect_reader(self.engine) as connection:
            yield connection

    def start_run(self, source: str, now: datetime, live: bool) -> int:
        """Insert a run, with the verdict `running` until it is finished; returns its id."""
        row = {"source": source, "started_at": iso(now), "verdict": "running", "live": live, "reasons": [],
               "counts": {}}
        with self.begin() as connection:
            return int(connection.execute(insert(runs).returning(runs.c.id), row).scalar_one())

    def finish_run(self, run_id: int, now: datetime, verdict: str, reasons: Sequence[Message] = (),
                   *, counts: Mapping[str, int] | None = None) -> None:
        """Save the end of a run: its verdict (healthy, limited, short or failed), the reasons and counts."""
        done = {"finished_at": iso(now), "verdict": verdict, "reasons": [each.to_json() for each in reasons],
                "counts": dict(counts or {})}
        with self.begin() as connection:
            if connection.execute(update(runs).where(runs.c.id == run_id).values(done)).rowcount != 1:
                raise StoreError(f"there is no run {run_id} to finish; start_run gives the id")

    def known_articles(self, urlkeys: Iterable[str]) -> set[str]:
        """URL keys, among these, whose page has an article."""
        readable = select(pages.c.urlkey).join(articles, articles.c.page_id == pages.c.id)
        with self.read() as connection:
            return {row.urlkey for row in select_pages(connection, readable, urlkeys)}

    def validators(self, urlkey: str, data: Path) -> tuple[str | None, str | None]:
        """ETag and Last-Modified of a page's newest response with status 200, for a conditional request.

        Both are None if that response is in quarantine: after a 304 the page would never be read; and if the data
        folder lacks its WARC file: after a 304 the bytes would never come back.
        """
        newest = (select(captures.c.etag, captures.c.last_modified, captures.c.warc_file, quarantine.c.capture_id)
                  .join(pages, captures.c.page_id == pages.c.id)
                  .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id)
                  .where(is_page(urlkey), captures.c.status == 200)
                  .order_by(*NEWEST_FIRST).limit(1))
        with self.read() as connection:
            row = connection.execute(newest).first()
        is_usable = row and row.capture_id is None and has_warc(data, row.warc_file)
        return (row.etag, row.last_modified) if row and is_usable else (None, None)


def require_driver(settings: ArchiveSettings) -> None:
    """Raise StoreError if the database's Python driver is missing; nothing is opened."""
    dialects.open_engine(make_url(settings.database_url()), readonly=True).dispose()


@contextmanager
def _write_transaction(engine: Engine, **options: bool) -> Iterator[Connection]:
    with (engine.connect().execution_options(**{dialects.WRITE_OPTION: True}, **options) as connection,
          connection.begin()):
        yield connection


@contextmanager
def _store_errors(engine: Engine) -> Iterator[None]:
    """Turn database errors into StoreError and RefusedRowError, except IntegrityError, mostly a program's defect."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        place, reason = f"the store {dialects.display_url(engine.url)}", dialects.reason_of(error)
        if dialects.is_refusal(error):
            raise RefusedRowError(f"{place} refuses a row: {reason}") from error
        kind = DamagedStoreError if dialects.is_damage(error) else StoreError
        raise kind(f"{place} cannot be used: {reason}{dialects.advice_for(error)}") from error


def _engine(settings: ArchiveSettings, readonly: bool, make: bool) -> Engine:
    url = make_url(settings.database_url())
    if dialects.is_sqlite(url):
        _require_sqlite_path(settings, Path(url.database or ""), make)
    return dialects.open_engine(url, readonly=readonly)


def _require_sqlite_path(settings: ArchiveSettings, path: Path, make: bool) -> None:
    if not make and not _is_file(path):
        refuse_backup(settings.data)
        raise missing_store(settings)
    if make:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            named_by = "GONGBAO_DATABASE" if settings.database else "--data or GONGBAO_DATA"
            raise StoreError(f"the folder {path.parent} cannot be made: {error.strerror}; name another one with "
                             f"{named_by}") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise StoreError(f"{path} cannot be accessed: {error.strerror}; check the permissions of its folder") from error


def _schema_version(connection: Connection) -> str:
    """The newest migration applied, '' for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _refuse_emptied(settings: ArchiveSettings) -> None:
    """Raise DamagedStoreError for an SQLite file without our tables beside captures: a new store would lose history."""
    url = make_url(settings.database_url())
    if settings.database or not _is_file(Path(url.database or "")):
        return
    engine = dialects.open_engine(url, readonly=True)  # writes nothing into the file
    try:
        with _store_errors(engine), engine.connect() as connection:
            if _schema_version(connection) == "" and holds_captures(settings.data):
                raise empty_store(settings)
    finally:
        engine.dispose()


def _require_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        found = _schema_version(connection)
    _require_known(found)
    if found != SCHEMA:
        raise StoreError(f"the store has schema {found or 'none'}, this program needs {SCHEMA}; "
                         "run `gongbao index` once to bring it up to date")


def _require_known(found: str) -> None:
    if found > SCHEMA:
        raise StoreError(f"the store has schema {found}, this program knows {SCHEMA} at most; install a newer Gongbao")


def _create_or_migrate(engine: Engine, clock: Clock) -> None:
    with engine.connect() as connection:
        if _schema_version(connection) == SCHEMA:
            return
    with _write_transaction(engine, **{dialects.MIGRATION_OPTION: True}) as connection:
        found = _schema_version(connection)  # again, now with the lock: another process may have migrated
        _require_known(found)
        if found == "":
            dialects.require_unicode(connection)
        if found != SCHEMA:
            from archive.db.migrations.upgrade import upgrade  # Alembic is slow to import and rarely needed

            upgrade(connection)
        if found == "":
            new = {"store_uuid": str(uuid.uuid4()), "created_at": iso(clock())}
            connection.execute(insert(metadata), [{"key": key, "value": value} for key, value in new.items()])
    engine.dispose()  # the connection of a migration does not check foreign keys


def _require_uuid(connection: Connection) -> str:
    found = get_metadata(connection, "store_uuid")
    if found is None:
        raise DamagedStoreError(f"the store has no store_uuid: it was not made by Gongbao, or is damaged; {REPAIR}")
    return found


def get_metadata(connection: Connection, key: str) -> str | None:
    """The value of a metadata key, None before it was first set."""
    return connection.execute(select(metadata.c.value).where(metadata.c.key == key)).scalar()


def set_metadata(connection: Connection, key: str, value: str) -> None:
    """Set a metadata key; needs the write transaction of `Store.begin`."""
    _upsert(connection, metadata, key, value)


def get_counter(connection: Connection, key: str, default: int) -> int:
    """The value of a counter, `default` before it was first set."""
    found = connection.execute(select(counters.c.value).where(counters.c.key == key)).scalar()
    return default if found is None else int(found)


def set_counter(connection: Connection, key: str, value: int) -> None:
    """Set a counter; needs the write transaction of `Store.begin`."""
    _upsert(connection, counters, key, value)


def _upsert(connection: Connection, table: Table, key: str, value: str | int) -> None:
    if connection.execute(update(table).where(table.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(table).values(key=key, value=value))


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in order, in chunks for SQL `IN (…)` of at most CHUNK each.

    >>> [len(each) for each in chunks(range(1100))]
    [500, 500, 100]
    """
    return (values[start:start + CHUNK] for start in range(0, len(values), CHUNK))


def select_in(connection: Connection, query: Select[Any], column: ColumnElement[Any],
              values: Sequence[Any]) -> Iterator[Row[Any]]:
    """The rows of a query with `column IN (values)`, however many values there are."""
    for part in chunks(values):
        yield from connection.execute(query.where(column.in_(part)))


def is_page(urlkey: str) -> ColumnElement[bool]:
    """The condition that a row of `pages` has this urlkey. An index has only its hash, a key can be of any length."""
    return and_(pages.c.public_id == page_id(urlkey), pages.c.urlkey == urlkey)


def select_pages(connection: Connection, query: Select[Any], urlkeys: Iterable[str]) -> Iterator[Row[Any]]:
    """The rows of a query, which selects `pages.urlkey`, of the pages with these keys, however many there are."""
    wanted = set(urlkeys)
    rows = select_in(connection, query, pages.c.public_id, sorted(map(page_id, wanted)))
    return (row for row in rows if row.urlkey in wanted)
