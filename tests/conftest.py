"""Fixtures of all tests: no internet, no settings from outside, and no silent skips in CI."""

import gc
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("GONGBAO_TEST_DATABASE", "")  # the URL of a PostgreSQL server; without one, one is started
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

NEEDED = {"shared", "chromium", "faketime", "postgresql", "new_database"}  # skip if it is missing

pytest.register_assert_rewrite("support")

# Without compiled modules every process that a test starts would compile the packages anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

hypothesis.settings.register_profile("gongbao", deadline=None, print_blob=True)
hypothesis.settings.load_profile("gongbao")


class InternetError(AssertionError):
    """A test tried to leave this machine."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout (`../shared`): corpus, saved pages, texts."""
    found = ROOT.parent / "shared"
    if not found.is_dir():
        pytest.skip("no ../shared beside the checkout: its corpus and saved pages are needed here")
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium, for Playwright's `executable_path`."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium: install Debian's chromium and fonts-noto-cjk (as root, make test does)")


@pytest.fixture(scope="session")
def faketime() -> Path:
    """The path of libfaketime, for LD_PRELOAD: processes that live on another day."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("no libfaketime: install Debian's faketime (as root, make test does)")
    return found[0]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL server of this session: `new()` gives the URL of a database for a store."""
    from support.databases import NoServerError, running_server

    try:
        with running_server(SERVER) as server:
            yield server
    except NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """A function that gives a value of GONGBAO_DATABASE: '' (a file in the data folder), or a new database's URL."""
    if request.param == "sqlite":
        yield lambda: ""
        return
    server = request.getfixturevalue("postgresql")
    yield server.new
    server.drop()


@pytest.fixture
def database(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs on SQLite, and again on PostgreSQL: the value of GONGBAO_DATABASE, which is set to it."""
    url = new_database()
    monkeypatch.setenv("GONGBAO_DATABASE", url)
    return url


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("GONGBAO_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _no_internet() -> Iterator[None]:
    """Refuse every connection that leaves the loopback."""
    keep = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    with pytest.MonkeyPatch.context() as patch:
        for name, original in keep.items():
            patch.setattr(socket.socket, name, _only_loopback(original))
        yield


def _only_loopback(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):  # noqa: S104
            raise InternetError(f"a test connects to {address[0]}:{address[1]}; serve it from the replica")
        return original(self, address)

    return connect


def pytest_collection_finish() -> None:
    """Spare garbage collections the collected tests, which live to the end: they are most of the memory."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """In CI, what skips for want of a browser, a database server or the shared material fails: nobody sees skips."""
    report = yield
    wanted = item.get_closest_marker("browser") or NEEDED & set(getattr(item, "fixturenames", ()))
    if report.skipped and not hasattr(report, "wasxfail") and wanted and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
