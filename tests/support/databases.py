"""A PostgreSQL server for a test session, and a store of its own on it for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import URL, create_mock_engine, make_url

from archive.db.store import SCHEMA
from archive.times import iso
from indexer.document_tables import METADATA
from support.archive import NOW

DEBIAN = Path("/usr/lib/postgresql")
# The server ends with its standard input, so it cannot outlive a test process that is killed. Nothing has to survive a
# power cut here.
SERVER = """
"$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >log 2>&1 &&
"$1/pg_ctl" -w -D data -l log -o "-c listen_addresses= -c unix_socket_directories=$PWD -c fsync=off \
  -c full_page_writes=off -c synchronous_commit=off" start >>log 2>&1 && echo ready
read _
"$1/pg_ctl" -D data -m immediate stop >>log 2>&1
rm -rf "$PWD"
"""


class NoServerError(Exception):
    """There is no PostgreSQL server on this machine."""


@dataclass
class Server:
    """A server for stores, each of which is a schema of one database; `url` is that of its maintenance database."""

    url: URL
    name: str = field(default_factory=lambda: f"gongbao_test_{os.getpid()}")
    made: list[str] = field(default_factory=list)
    count: int = 0

    def new(self) -> str:
        """The URL of a new store, made at NOW; its tables are those that the migrations make, but made faster."""
        return self._create(_statements())

    def empty(self) -> str:
        """The URL of a database without tables."""
        return self._create(())

    def drop(self) -> None:
        """Drop what was made since the last call."""
        while self.made:
            self.execute(self._own(), f"DROP SCHEMA {self.made.pop()} CASCADE")

    def close(self) -> None:
        """Drop the database."""
        if self.count:
            self.execute(self.url, f"DROP DATABASE {self.name} WITH (FORCE)")

    def _create(self, statements: Iterable[str]) -> str:
        if not self.count:
            self.execute(self.url, f"CREATE DATABASE {self.name}")
        self.count += 1
        schema = f"store_{self.count}"
        self.execute(self._own(), ";".join([f"CREATE SCHEMA {schema}; SET search_path = {schema}", *statements]))
        self.made.append(schema)
        options = {"options": f"-csearch_path={schema}", "application_name": schema}
        return self._own().update_query_dict(options).render_as_string(hide_password=False)

    def _own(self) -> URL:
        return self.url.set(database=self.name)

    @staticmethod
    def execute(url: URL, statements: str) -> None:
        """Run statements in the database of a URL."""
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute(statements)  # type: ignore[call-overload]


def libpq_url(url: str | URL) -> str:
    """A URL of SQLAlchemy as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def end_connections(database: str) -> None:
    """End every connection to a store, as a restart of the server does."""
    with psycopg.connect(libpq_url(make_url(database).update_query_dict({"application_name": "end"}))) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                      [make_url(database).query["application_name"]])


@cache
def _statements() -> tuple[str, ...]:
    """The statements that make a store."""
    made: list[str] = []
    engine = create_mock_engine("postgresql+psycopg://", lambda statement, *_args, **_options: made.append(
        str(statement.compile(dialect=engine.dialect))))
    METADATA.create_all(engine, checkfirst=False)
    return (*made, "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
            f"INSERT INTO alembic_version VALUES ('{SCHEMA}')",  # noqa: S608
            f"INSERT INTO facts VALUES ('store_uuid', gen_random_uuid()), ('created_at', '{iso(NOW)}')")  # noqa: S608


@contextmanager
def running_server(given: str) -> Iterator[Server]:
    """The server of a URL, or without one a server that is started for the block. NoServerError if there is none."""
    if given:
        server = Server(make_url(given).set(drivername="postgresql+psycopg"))
        yield server
        server.close()
        return
    with _started(_binaries()) as folder:
        yield Server(URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)}))


def _binaries() -> Path:
    """The folder with initdb and pg_ctl, of the newest version."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = found[-1] if found else shutil.which("initdb")
    if path is None:
        raise NoServerError("no PostgreSQL server: install Debian's postgresql (as root, make test does), or name one "
                            "in GONGBAO_TEST_DATABASE")
    return Path(path).parent


@contextmanager
def _started(binaries: Path) -> Iterator[Path]:
    """The folder with the socket of a server; as root it runs as the user postgres, for it refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="gongbao-test-"))
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            raise NoServerError("there is no user postgres to run a PostgreSQL server as") from None
        os.chown(folder, account.pw_uid, account.pw_gid)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with subprocess.Popen(["sh", "-c", SERVER, "sh", str(binaries)], cwd=folder, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, start_new_session=True, **user) as process:  # type: ignore[call-overload]
        if process.stdout.readline() != b"ready\n":
            reason = (folder / "log").read_text(errors="replace")[-2000:]
            process.stdin.close()
            raise RuntimeError(f"the PostgreSQL server in {binaries} does not start: {reason}")
        yield folder
        process.stdin.close()
