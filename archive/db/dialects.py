"""SQLite and PostgreSQL: engines, how transactions begin, checks of a database file, the meaning of errors.

All that differs between the two is here.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from archive.errors import StoreError
from archive.text import storable

LOCK_TIMEOUT = 60.0  # seconds that a writer waits for another one
WRITE_OPTION = "gongbao_write"  # execution option of the connections of write transactions
MIGRATION_OPTION = "gongbao_migration"  # the same, of migrations
REASON_LENGTH = 480  # characters of a database's message

# What a statement may meet whatever its values: by error code of SQLite or SQLSTATE (its first characters).
_LOCKED = "; another process is writing to it, try again when it is done"
_FULL = "; free some space and run the command again, nothing is half-written"
_STOPPED = "; its server was stopped or is starting, run the command again when it is up"
_DAMAGED = "; run `gongbao restore BACKUP --repair`"
_ADVICE: Mapping[int | str, str] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: "; check whether the disk is full, then whether it has errors",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: "; check that the data folder exists and may be written to (GONGBAO_DATA)",
    sqlite3.SQLITE_READONLY: "; check the permissions of the file and of its folder",
    "22P05": "; its encoding cannot hold this text: move the store to a database with the encoding UTF8",
    "08": "; check the network and the server, then run the command again",
    "25006": "; the server or this connection only reads: check that GONGBAO_DATABASE names the primary server",
    "42501": "; give the user of GONGBAO_DATABASE the right to create and write tables in this database",
    "53100": _FULL,
    "53300": "; raise max_connections of the server, or run fewer processes",
    "55P03": _LOCKED,
    "57P": _STOPPED,
}
_UNREACHABLE = "; check that the server runs and that GONGBAO_DATABASE names its host, user, password and database"
# The values of a row are refused: too big, out of range, not unique …
_REFUSED_BY_SQLITE = {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}
_REFUSED_BY_POSTGRESQL = ("22", "23", "54")  # data exception, integrity constraint, program limit (a value too long)


def open_engine(url: URL, *, readonly: bool) -> Engine:
    """The engine of a store; nothing is connected yet. StoreError if the driver is missing."""
    if not is_sqlite(url):
        engine = _create_engine(url, pool_pre_ping=True, execution_options={"postgresql_readonly": readonly})
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = _create_engine(url, connect_args={"timeout": LOCK_TIMEOUT})
    event.listen(engine, "connect", _set_pragmas_readonly if readonly else _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def is_sqlite(url: URL) -> bool:
    """True for the URL of an SQLite file."""
    return url.get_backend_name() == "sqlite"


def display_url(url: URL) -> str:
    """Path or URL of a store for messages, without the password, which may also be an option after the `?`."""
    return url.database or "" if is_sqlite(url) else url.set(query={}).render_as_string()


def connect_reader(engine: Engine) -> Connection:
    """A connection whose transaction reads one unchanging state: SQLite's always do, PostgreSQL's when asked."""
    connection = engine.connect()
    if is_sqlite(engine.url):
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def require_unicode(connection: Connection) -> None:
    """Raise StoreError for a database of PostgreSQL that cannot hold Chinese text: it would refuse every row."""
    if is_sqlite(connection.engine.url):
        return
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise StoreError(f"the store {display_url(connection.engine.url)} cannot be made: its database has the "
                         f"encoding {encoding}; create one with `createdb -E UTF8 -T template0 NAME`")


def file_damage(connection: Connection, *, deep: bool = False) -> str | None:
    """Damage that SQLite finds in its file, None for none; PostgreSQL checks its pages as it reads them.

    `deep` also compares indexes with tables.
    """
    if not is_sqlite(connection.engine.url):
        return None
    found = connection.exec_driver_sql(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(1)").scalar()
    return None if found == "ok" else " ".join(str(found).split())


def is_refusal(error: DBAPIError) -> bool:
    """True if the database refuses the values of a statement, False if it cannot work now, whatever the values."""
    code = _code(error)
    if isinstance(code, int):
        return code in _REFUSED_BY_SQLITE
    refused = code.startswith(_REFUSED_BY_POSTGRESQL) or (not code and isinstance(error, DataError))
    return refused and code not in _ADVICE


def is_damage(error: DBAPIError) -> bool:
    """True if the file of a database is damaged, or is none."""
    return advice_for(error) == _DAMAGED


def reason_of(error: DBAPIError) -> str:
    """First line of the database's message; PostgreSQL's other lines repeat the values of the row."""
    return str(error.orig).strip().partition("\n")[0][:REASON_LENGTH]


def advice_for(error: DBAPIError) -> str:
    """The next step after an error of the database itself, '' if none is known."""
    code = _code(error)
    if isinstance(code, int):
        return _ADVICE.get(code, "")
    if not code and error.connection_invalidated:
        return _STOPPED
    if not code and error.statement is None:
        return _UNREACHABLE
    return next((advice for known, advice in _ADVICE.items() if isinstance(known, str) and code.startswith(known)), "")


def _code(error: DBAPIError) -> int | str:
    """SQLite's primary error code, or PostgreSQL's SQLSTATE, '' without one (the server was never reached)."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extension
    return getattr(error.orig, "sqlstate", None) or ""


def _create_engine(url: URL, **options: Any) -> Engine:
    try:
        engine = create_engine(url, json_serializer=_to_json, **options)
    except ImportError as error:  # the driver is missing, or the C library that it wraps
        reason = " ".join(str(error).split())
        raise StoreError(f"the store {display_url(url)} cannot be opened: its driver is missing or incomplete "
                         f"({reason[:200]}); install it beside Gongbao: pip install 'psycopg[binary]'") from error
    event.listen(engine, "before_cursor_execute", _storable_parameters, retval=True)
    return engine


def _to_json(value: Any) -> str:
    return json.dumps(storable(value))


def _storable_parameters(_connection: Connection, _cursor: object, statement: str, parameters: Any,
                         *_context: object) -> tuple[str, Any]:
    """Statement with storable texts: made here for all, so that no column and no query can forget it."""
    return statement, storable(parameters)


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _execute_pragmas(connection, ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"))


def _set_pragmas_readonly(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The operating system caches the file: SQLite's default cache of 2 MB per connection and thread is no gain.
    _execute_pragmas(connection, ("query_only=ON", "cache_size=-512"))


def _execute_pragmas(connection: DBAPIConnection, pragmas: Iterable[str]) -> None:
    # sqlite3 itself would begin transactions late and never IMMEDIATE; SQLAlchemy's "begin" event does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for each in pragmas:
        cursor.execute(f"PRAGMA {each}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(MIGRATION_OPTION):
        # A migration copies a table and drops the old one, which would violate the keys of others; only before BEGIN.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    # A deferred transaction that reads first fails on its first write if another one wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITE_OPTION) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Take the advisory lock of writers: one at a time, so that `rev` grows in the order of commits."""
    if connection.get_execution_options().get(WRITE_OPTION):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(LOCK_TIMEOUT * 1000)}; "
                                   "SELECT pg_advisory_xact_lock(7160401)")
