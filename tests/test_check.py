"""`gongbao check`: each part of an archive is destroyed in turn, is named, and the named command mends it."""

import os
import shutil
from itertools import permutations

import pytest

from archive.warc.parser import read_warc
from support.archive import Archive, exchange
from support.checked import SOURCES, captured_by, check, count, execute, mended, repair, run, warcs
from support.crawl import Archived, crawl

pytest_plugins = "support.archive_days"


@pytest.mark.parametrize("deep", [(), ("--deep",)], ids=["", "deep"])
def test_a_whole_archive_has_no_faults(data, deep):
    assert check(data, *deep) == []


def test_checking_writes_nothing(data):
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    check(data, "--deep")
    after = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert {path: after.get(path) for path in before} == before
    assert {path.suffix for path in after.keys() - before.keys()} <= {".lock", ".sqlite-wal", ".sqlite-shm"}


def test_a_crawl_that_is_running_is_no_fault(data):
    with Archive.open(data) as archive, archive.writer() as writer:
        writer.keep(exchange("https://english.mofcom.gov.cn/robots.txt"))
        writer.flush()
        writer.keep(exchange("https://english.mofcom.gov.cn/robots.txt"))
        assert check(data, "--deep") == []


def test_a_warc_file_that_is_missing(data, days):
    path = warcs(data)[-1]
    path.unlink()
    assert any(line.startswith(f"{path} is missing, ") and "; run `gongbao restore BACKUP --repair`; without a backup "
               "they are lost, and `gongbao index --from-files` makes" in line for line in check(data))
    repair(days, data)
    assert mended(data)


def newest_files(data):
    """The WARC file of the newest response of each release that was read, by URL key."""
    archived = Archived.read(data)
    read = {row.urlkey for row in archived.rows["articles"]}
    return {row.urlkey: row.warc_file for row in archived.rows["captures"] if row.urlkey in read and row.status == 200}


def test_pages_of_a_lost_warc_file_are_fetched_again(data, sample_replica):
    lost = {path.relative_to(data).as_posix() for path in warcs(data)}
    assert set(newest_files(data).values()) <= lost
    for path in warcs(data):
        path.unlink()
    said = run(data, "index", "--from-files")
    count = len(newest_files(data))
    assert f"{count} releases whose bytes were lost with a WARC file due" in said.stdout
    assert crawl(data, sample_replica, *SOURCES).returncode == 0
    assert set(newest_files(data).values()) & lost == set()
    assert "whose bytes were lost" not in run(data, "index", "--from-files").stdout


def test_a_warc_file_that_is_cut(data, days):
    path = warcs(data)[-1]
    os.truncate(path, path.stat().st_size // 2)
    lines = check(data)
    assert lines[0].startswith(f"{path} is cut: it has {path.stat().st_size} bytes, ")
    assert lines[0].endswith("run `gongbao restore BACKUP --repair`")
    repair(days, data)
    assert mended(data)


def test_every_byte_of_a_record_counts(data, days):
    path = warcs(data)[0]
    original = path.read_bytes()
    records = [each for each in read_warc(path) if each.kind == "response"]
    middle = records[0].offset + records[0].length // 2
    for at in (records[0].offset, middle, records[0].offset + records[0].length - 6):
        path.write_bytes(original[:at] + bytes([original[at] ^ 16]) + original[at + 1:])
        [line] = check(data, "--deep")
        assert line.startswith(f"{path} at offset {records[0].offset}: ")
        assert line.endswith("run `gongbao restore BACKUP --repair`")
    repair(days, data)
    assert mended(data)


def test_an_open_file_of_a_dead_process(data):
    path = warcs(data)[-1]
    left = path.rename(path.with_name(f"{path.name}.open"))
    assert check(data) == [f"{left} was left by a process that died; run `gongbao index`"]
    assert run(data, "index").exit_code == 0
    assert mended(data)


def test_a_missing_index(data):
    shutil.rmtree(data / "index")
    assert check(data) == [f"there is no search index in {data / 'index'}; run `gongbao index`"]
    assert run(data, "index").exit_code == 0
    assert mended(data)


def test_a_damaged_index(data):
    for path in (data / "index").glob("*.term"):
        os.truncate(path, 10)
    [line] = check(data)
    assert line.startswith(f"the search index in {data / 'index'} cannot be used: ")
    assert line.endswith("run `gongbao index --rebuild`")
    assert run(data, "index", "--rebuild").exit_code == 0
    assert mended(data)


def flip(path, at):
    """Change eight bytes of a file; at 0.5 those in its middle."""
    content = bytearray(path.read_bytes())
    start = int((len(content) - 8) * at)
    content[start:start + 8] = (each ^ 255 for each in content[start:start + 8])
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["term", "pos", "idx", "fast", "fieldnorm", "store"])
def test_bytes_of_the_index_that_changed(data, kind):
    path = max((data / "index").glob(f"*.{kind}"), key=lambda each: each.stat().st_size)
    flip(path, 0.5)
    assert check(data, "--deep") == [
        f"{path} is damaged: it is not what its checksum says; run `gongbao index --rebuild`"]


def test_an_index_with_a_changed_byte_is_mended_by_a_rebuild(data):
    flip(next((data / "index").glob("*.term")), 0.5)
    assert run(data, "index", "--rebuild").exit_code == 0
    assert mended(data)


def test_an_index_that_cannot_be_searched(data):
    for path in (data / "index").glob("*.fast"):
        content = path.read_bytes()
        path.write_bytes(bytes(len(content) - 200) + content[-200:])
    [line] = check(data)
    assert line.startswith(f"the search index in {data / 'index'} cannot be used: ")
    assert line.endswith("run `gongbao index --rebuild`")


def test_an_index_that_does_not_find_what_it_holds(data):
    execute(data, "UPDATE articles SET title = 'a title that no list ever named'")
    [line] = check(data)
    assert "and does not find it by its title; run `gongbao index --rebuild`" in line


def test_an_index_of_another_day(data, days):
    shutil.rmtree(data / "index")
    shutil.copytree(days / "tuesday" / "index", data / "index")
    [line] = check(data)
    assert line.startswith("the index is at rev ")
    assert line.endswith("run `gongbao index`")
    assert run(data, "index").exit_code == 0
    assert mended(data)


def test_an_index_of_a_later_day_than_the_store(data, days):
    shutil.copy(days / "monday" / "gongbao.sqlite", data / "gongbao.sqlite")
    assert any(line.startswith("the index does not belong to the store: ") for line in check(data))
    assert run(data, "index").exit_code == 0
    assert [line for line in check(data) if "index" in line] == []


def test_documents_that_the_index_lacks_or_has_too_many(data, days):
    shutil.rmtree(data / "index")
    execute(data, "CREATE TABLE hidden AS SELECT * FROM documents WHERE seq = 2", "DELETE FROM documents WHERE seq = 2")
    execute(data, "UPDATE documents SET rev = -1 WHERE seq = 1")
    run(data, "index")
    execute(data, "UPDATE documents SET rev = 1 WHERE seq = 1", "INSERT INTO documents SELECT * FROM hidden")
    lines = check(data)
    assert any(line.startswith("the index lacks ") and line.endswith("run `gongbao index --rebuild`") for line in lines)
    assert run(data, "index", "--rebuild").exit_code == 0
    assert mended(data)


def test_a_document_that_only_the_index_holds(data):
    execute(data, "DELETE FROM documents WHERE seq = 2")
    lines = check(data)
    assert any(line.startswith("the index holds 1 documents that the store does not, such as ") for line in lines)
    assert any("have an article and no document" in line and line.endswith("--from-files`") for line in lines)
    assert run(data, "index", "--from-files").exit_code == 0
    assert run(data, "index", "--rebuild").exit_code == 0
    assert mended(data)


def test_captures_whose_rows_are_missing(data):
    before = count(data, "captures")
    execute(data, "DELETE FROM captures WHERE id IN (SELECT id FROM captures WHERE id NOT IN "
                  "(SELECT capture_id FROM articles) LIMIT 3)")
    lines = check(data, "--deep")
    assert [line.endswith("have no row in the store; run `gongbao index --from-files`") for line in lines] == [
        True] * len(lines)
    assert len(lines) > 0
    assert run(data, "index", "--from-files").exit_code == 0
    assert mended(data)
    assert count(data, "captures") == before


def test_rows_whose_records_are_missing(data):
    execute(data, "UPDATE captures SET warc_offset = warc_offset + 7 WHERE id = 5")
    lines = check(data, "--deep")
    assert any("has no records where 1 rows of the store say so; run `gongbao restore" in line for line in lines)


def test_a_row_that_says_something_else_than_its_record(data):
    execute(data, "UPDATE captures SET length = length + 1 WHERE id = 5")
    [line] = check(data, "--deep")
    assert "says another size; run `gongbao restore BACKUP --repair`" in line


def test_a_file_that_the_store_does_not_know(data, days):
    shutil.copy(days / "tuesday" / "gongbao.sqlite", data / "gongbao.sqlite")
    lines = check(data)
    assert any(line.startswith("the store does not know ") and line.endswith("run `gongbao index`") for line in lines)
    assert run(data, "index").exit_code == 0
    assert [line for line in check(data, "--deep") if "crawl" not in line] == []


def test_a_deleted_article(data):
    before = count(data, "articles")
    execute(data, "DELETE FROM articles WHERE id IN (SELECT min(id) FROM articles)")
    lines = check(data)
    for sentence in ("1 captures of releases have no article and are not in quarantine",
                     "1 releases count as read and have no article, such as http"):
        assert any(sentence in line and line.endswith("run `gongbao index --from-files`") for line in lines)
    assert run(data, "index", "--from-files").exit_code == 0
    assert mended(data)
    assert count(data, "articles") == before


@pytest.mark.parametrize("source", SOURCES)
def test_deleted_rows_of_the_frontier(data, source):
    before = count(data, "frontier")
    execute(data, f"DELETE FROM frontier WHERE source = '{source}'")  # noqa: S608
    [line] = check(data)
    assert line.startswith(f"{source}: ")
    assert "that its archived lists name are not in the frontier, such as http" in line
    assert line.endswith("; run `gongbao index --from-files`")
    assert run(data, "index", "--from-files").exit_code == 0
    assert mended(data)
    assert count(data, "frontier") == before


def test_every_release_that_the_lists_named_is_recounted(data):
    """The recount finds each release whose row is deleted, those of later pages and of the unit API among them."""
    named = {row.urlkey for row in Archived.read(data).rows["frontier"] if row.source == "mofcom_en"}
    execute(data, "DELETE FROM frontier WHERE source = 'mofcom_en'")
    [line] = check(data)
    assert line.startswith(f"mofcom_en: {len(named)} releases ")


PARTS = ("monday", "tuesday", "wednesday")
MIXED = [*permutations(PARTS), ("monday", "monday", "wednesday"), ("monday", "wednesday", "wednesday"),
         ("tuesday", "wednesday", "tuesday"), ("wednesday", "monday", "wednesday")]


def test_the_days_differ(days):
    sizes = [len(captured_by(days, each)) for each in PARTS]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(("store", "warc", "index"), MIXED)
def test_copies_of_different_days(days, tmp_path, store, warc, index):
    data = tmp_path / "data"
    shutil.copytree(days / warc / "warc", data / "warc")
    shutil.copytree(days / index / "index", data / "index")
    shutil.copy(days / store / "gongbao.sqlite", data)
    captured = captured_by(days, store) | captured_by(days, warc)
    first = check(data)
    if PARTS.index(warc) >= PARTS.index(store):
        assert run(data, "index").exit_code == 0
        assert [line for line in check(data, "--deep") if "gongbao crawl" not in line] == []
        assert captured_by(tmp_path, "data") == captured
    else:  # the store knows files that are not there
        assert any("; run `gongbao restore BACKUP --repair`" in line for line in first)
        repair(days, data)
        assert [line for line in check(data, "--deep") if "gongbao crawl" not in line] == []
        assert captured_by(tmp_path, "data") == captured_by(days, "wednesday")


def test_an_archive_on_postgresql(postgresql, sample_replica, tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("GONGBAO_DATABASE", postgresql.new())
    assert crawl(data, sample_replica, "camce").returncode == 0
    assert run(data, "index").exit_code == 0
    assert mended(data)
    with Archive.open(data, database=os.environ["GONGBAO_DATABASE"]) as archive, archive.store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM frontier")
        connection.exec_driver_sql("DELETE FROM articles WHERE id = (SELECT min(id) FROM articles)")
    lines = check(data, "--deep")
    assert sum("not in the frontier" in line for line in lines) == 1
    assert sum("have no article and are not in quarantine" in line for line in lines) == 1
    postgresql.drop()
