"""Runs commands on archives that are damaged, and damages them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

import gongbao
from support.crawl import Archived

SOURCES = ("mofcom_en", "camce")


def run(data, *words):
    return CliRunner(env={"GONGBAO_DATA": str(data)}).invoke(gongbao.main, words)


def check(data, *words):
    """The lines of `gongbao check`, without the summary; its exit code says whether there are any."""
    said = run(data, "check", *words)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    *lines, summary = said.stdout.splitlines()
    assert (said.exit_code, said.stderr) == (1 if lines else 0, "")
    assert summary.startswith(f"{len(lines)} fault" if lines else "no faults found")
    return lines


def warcs(data):
    return sorted((data / "warc").rglob("*.gz"), key=lambda path: path.stat().st_size)


def execute(data, *statements):
    """Change the store behind the program's back."""
    with closing(sqlite3.connect(data / "gongbao.sqlite")) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()


def count(data, table):
    with closing(sqlite3.connect(data / "gongbao.sqlite")) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


def repair(days, data):
    assert run(data, "restore", str(days / "backup"), "--repair").exit_code == 0


def mended(data):
    return check(data, "--deep") == []


def captured_by(folder: Path, day):
    return {row.record_id for row in Archived.read(folder / day).rows["captures"]}
