"""Tests of tests/conftest.py: skips fail in CI, and no connection leaves the machine."""

import os
import socket
import subprocess
import sys

import pytest

from support.house import ROOT

TESTS = '''
import pytest

@pytest.fixture
def shared():
    pytest.skip("not beside the checkout")

def test_with_shared(shared):
    pass

@pytest.fixture
def new_database():
    pytest.skip("no PostgreSQL server")

def test_with_a_database(new_database):
    pass

@pytest.mark.browser
def test_with_a_browser():
    pytest.skip("no Chromium")

def test_for_another_reason():
    pytest.skip("not on this system")
'''


def outcome(folder, **environment):
    """The summary line of pytest over TESTS with tests/conftest.py."""
    (folder / "test_skips.py").write_text(TESTS)
    path = {"PYTHONPATH": str(ROOT / "tests"), "PYTHONWARNINGS": "ignore"}
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "-c", os.devnull,
             "-o", "markers=browser", "--rootdir", str(folder), str(folder)]
    environment = {**kept, **path, **environment}
    done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1]


def test_in_ci_a_missing_browser_server_or_material_is_a_failure(tmp_path):
    assert outcome(tmp_path, CI="true").startswith("1 failed, 1 skipped, 2 errors")


def test_elsewhere_they_skip(tmp_path):
    assert outcome(tmp_path).startswith("4 skipped")


def test_no_test_leaves_the_machine():
    with socket.socket() as outward, pytest.raises(AssertionError, match=r"connects to 192\.0\.2\.1:80"):
        outward.connect(("192.0.2.1", 80))


def test_the_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as there:
        assert there.getpeername() == server.getsockname()


def test_no_setting_of_the_person_who_runs_the_tests_comes_in():
    assert [each for each in os.environ if each.startswith("GONGBAO_")] == []
