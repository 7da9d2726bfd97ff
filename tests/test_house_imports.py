"""Imports point left, and a library with traps has one importer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.house import PACKAGES, ROOT, imports, shipped

STREAM = ("archive", "crawler", "indexer", "webapp")
REGISTRY = "crawler.source"
ENTRY_POINTS = ("demo", "gongbao")  # may import every package

# library -> the places that may import it, as beginnings of paths
CRAWLING = ("crawler/middlewares.py", "crawler/spiders/", "crawler/commands/")
ONLY_IN = {
    "scrapy": CRAWLING,
    "twisted": CRAWLING,
    "flask": ("webapp/",),
    "flask_babel": ("webapp/",),
    "gunicorn": ("webapp/server/",),
    "feedgenerator": ("webapp/",),
    "werkzeug": ("webapp/",),
    "tantivy": ("indexer/engines/embedded",),
    "elasticsearch": ("indexer/engines/elastic",),
    "rjieba": ("indexer/text/",),
    "opencc": ("indexer/text/build_fold_table.py",),
    "Stemmer": ("indexer/text/",),
    "bs4": ("crawler/extract/",),
    "lxml": ("crawler/extract/",),
    "warcio": ("archive/warc/",),
    "fastwarc": ("archive/warc/",),
    "alembic": ("archive/db/migrations/",),
    "sqlite3": ("archive/db/dialects.py",),
    "psycopg": ("archive/db/dialects.py",),
}
FILES = shipped()


def package_of(path: Path) -> str:
    """The package a file lives in."""
    return path.parts[0]


@pytest.mark.parametrize("path", [each for each in FILES if package_of(each) in STREAM], ids=str)
def test_imports_point_left(path):
    allowed = STREAM[: STREAM.index(package_of(path)) + 1]
    wrong = {name for name in imports(path) if name.split(".")[0] in (*STREAM, *ENTRY_POINTS)
             and name.split(".")[0] not in allowed}
    assert not wrong, f"{path} imports {sorted(wrong)}: data flows right, imports point left"


@pytest.mark.parametrize("path", [each for each in FILES if package_of(each) in ("indexer", "webapp")], ids=str)
def test_of_the_crawler_only_the_source_registry_is_imported(path):
    wrong = {name for name in imports(path) if name.split(".")[0] == "crawler" and name != REGISTRY}
    assert not wrong, f"{path} imports {sorted(wrong)}; the packages above import {REGISTRY} alone"


@pytest.mark.parametrize("path", [each for each in FILES if each.parts[0] == "webapp" and "views" not in each.parts],
                         ids=str)
def test_modules_outside_views_do_not_import_views(path):
    assert path.name == "app.py" or not [each for each in imports(path) if each.startswith("webapp.views")]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_library_has_one_importer(path):
    for name in sorted({each.split(".")[0] for each in imports(path)} & set(ONLY_IN)):
        assert path.as_posix().startswith(ONLY_IN[name]), f"{path} imports {name}; only {ONLY_IN[name]} may"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_shipped_imports_tests_or_benchmarks(path):
    assert not {each.split(".")[0] for each in imports(path)} & {"tests", "bench", "pytest", "hypothesis", "playwright"}


def test_every_library_of_only_in_is_imported():
    """A rule for a library that nothing imports is obsolete."""
    used = {name.split(".")[0] for path in FILES for name in imports(path)}
    planned = {"elasticsearch", "fastwarc"}
    forbidden_elsewhere = {"sqlite3", "psycopg"}
    unused = set(ONLY_IN) - used - planned - forbidden_elsewhere
    assert not unused, f"nobody imports {sorted(unused)} any more: take it out of ONLY_IN"


# pages.c.urlkey == key · pages.c.urlkey.in_(keys) · select_in(connection, query, pages.c.urlkey, keys)
BY_URLKEY = re.compile(r"pages\.c\.urlkey(?: ==|\.in_\()|== pages\.c\.urlkey|select_in\(.*pages\.c\.urlkey")


@pytest.mark.parametrize("path", [each for each in FILES if each.as_posix() != "archive/db/store.py"], ids=str)
def test_pages_are_looked_up_by_the_hash_of_their_key(path):
    found = [line for line in (ROOT / path).read_text("utf-8").splitlines() if BY_URLKEY.search(line)]
    assert not found, "pages.urlkey has no index: use is_page or select_pages of archive/db/store.py"


def test_each_package_is_seen():
    assert {package_of(path) for path in FILES} == {*PACKAGES, "gongbao.py"}


def test_the_web_process_loads_neither_scrapy_nor_twisted():
    program = ("import sys, gongbao; from webapp import create_app; import webapp.commands;"
               "print(*sorted({each.split('.')[0] for each in sys.modules}))")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "webapp" in loaded
    assert not loaded & {"scrapy", "twisted", "alembic", "transformers", "torch"}
