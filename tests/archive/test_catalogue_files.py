"""A restored store ends equal to what WARC files and store together hold."""

import pytest
from click.testing import CliRunner

import gongbao
from archive.ingest.catalog import Catalog
from archive.ingest.file_catalog import Catalogued, catalogue_files
from archive.ingest.recover import recover
from support.archive import READER, Archive, after, exchange, release_url
from support.warc_records import response_record, write_warc


def catalogue(archive):
    """Recover and catalogue files as `gongbao index` does; the counts, and the faults."""
    faults = []
    catalog = Catalog(archive.store, READER)
    found = [recover(archive.data, catalog), catalogue_files(archive.data, catalog, faults.append)]
    return Catalogued(*(sum(getattr(each, name) for each in found) for name in ("files", "captures"))), [
        str(each).replace(str(archive.data), "DATA") for each in faults]


def content(archive):
    """Everything that the store holds of captures, without the numbers of its rows."""
    urlkeys = {row.id: row.urlkey for row in archive.rows("pages")}
    records = {row.id: row.record_id for row in archive.rows("captures")}

    def plain(row):
        known = {**row._mapping, "page_id": urlkeys[row.page_id]}
        for name in ("capture_id", "repeats"):
            if known.get(name):
                known[name] = records[known[name]]
        return tuple(sorted((name, str(value)) for name, value in known.items() if name != "id"))

    pages = {tuple(row)[1:] for row in archive.rows("pages")}
    return {"pages": pages, **{name: {plain(row) for row in archive.rows(name)}
                               for name in ("captures", "articles", "quarantine", "revisions")}}


def keep(writer, *given):
    """Keep responses, given by number of the release, body, hours after NOW, and status."""
    for number, body, hours, status in given:
        writer.keep(exchange(release_url(number), body, at=after(hours=hours), status=status))


@pytest.fixture
def crawled(archive):
    """An archive of three crawls, and a copy of its store from the middle of the second, when a file was open."""
    with archive.writer() as writer:
        keep(writer, (1, b"one", 0, 200), (2, b"unreadable", 0, 200))
    with archive.writer("replica", clock=lambda: after(hours=1)) as writer:
        keep(writer, (3, b"three", 1, 200))
        writer.flush()
        copy = archive.copy()
        keep(writer, (1, b"one, edited", 1, 200), (4, b"", 1, 404))
    with archive.writer(clock=lambda: after(hours=2)) as writer:
        keep(writer, (1, b"", 2, 304), (5, b"five", 2, 200), (3, b"", 3, 304), (2, b"two", 3, 200))
    return archive, copy


def test_what_came_after_the_copy_is_in_the_restored_store(crawled):
    archive, copy = crawled
    whole = content(archive)
    archive.restore(copy)
    assert len(archive.rows("captures")) == 3
    assert catalogue(archive) == (Catalogued(2, 6), [])
    assert content(archive) == whole
    assert catalogue(archive) == (Catalogued(), [])


def test_captures_of_a_restored_store_are_those_of_before_and_of_after(crawled):
    archive, copy = crawled
    archive.restore(copy)
    with archive.writer(clock=lambda: after(hours=9)) as writer:
        keep(writer, (6, b"six", 9, 200), (1, b"one, edited", 9, 200))
    assert catalogue(archive) == (Catalogued(2, 6), [])
    assert len(archive.rows("captures")) == 11
    assert [row.captured_at[11:13] for row in archive.rows("revisions") if row.page_id == 1] == ["12", "13"]


def test_a_store_that_was_lost_is_made_again_from_the_files(crawled, new_database):
    archive, _ = crawled
    whole = content(archive)
    archive.close()
    for each in archive.data.glob("gongbao.sqlite*"):
        each.unlink()
    with Archive.open(archive.data, database=new_database()) as empty:
        assert catalogue(empty) == (Catalogued(3, 9), [])
        assert content(empty) == whole


def test_the_file_of_a_process_that_died_after_the_copy_is_catalogued_from_its_start(archive):
    copy = archive.copy()
    writer = archive.writer()
    keep(writer, (1, b"one", 0, 200), (2, b"two", 0, 200))
    writer.flush()
    writer._file.out.close()  # the lock goes, as it does with the process
    archive.restore(copy)
    assert catalogue(archive) == (Catalogued(1, 2), [])
    assert not list(archive.data.rglob("*.open"))


def test_the_file_of_a_living_process_is_left_to_it(archive):
    writer = archive.writer()
    keep(writer, (1, b"one", 0, 200))
    assert catalogue(archive) == (Catalogued(), [])
    writer.close()
    assert len(archive.rows("captures")) == 1


def test_files_that_are_known_to_their_end_are_not_read(archive, monkeypatch):
    with archive.writer() as writer:
        keep(writer, (1, b"one", 0, 200))
    catalogue(archive)
    monkeypatch.setattr("archive.ingest.file_catalog.read_warc", lambda *_: pytest.fail("read once more"))
    assert catalogue(archive) == (Catalogued(), [])


def test_captures_that_were_imported_from_the_file_are_not_doubled(crawled, tmp_path):
    archive, copy = crawled
    archive.restore(copy)
    newest = max(archive.data.rglob("*.warc.gz"))
    newest.rename(tmp_path / newest.name)
    assert archive.import_files(tmp_path / newest.name) == ((4, 0), [])
    (tmp_path / newest.name).rename(newest)
    before = len(archive.rows("captures"))
    assert catalogue(archive)[0] == Catalogued(1, 2)
    assert len(archive.rows("captures")) == before + 2


def test_a_damaged_record_is_reported_once_and_the_others_are_catalogued(archive):
    copy = archive.copy()
    with archive.writer() as writer:
        keep(writer, (1, b"one", 0, 200), (2, b"two", 0, 200), (3, b"three", 0, 200))
    damaged = archive.rows("captures")[1]
    archive.restore(copy)
    with (archive.data / damaged.warc_file).open("r+b") as file:
        file.seek(damaged.warc_offset + 30)
        file.write(b"\xff" * 20)
    found, (fault,) = catalogue(archive)
    assert found == Catalogued(1, 2)
    assert fault.startswith(f"DATA/{damaged.warc_file} at offset {damaged.warc_offset}: ")
    assert catalogue(archive) == (Catalogued(), [])


def test_a_torn_end_is_reported_until_the_file_is_whole(archive):
    copy = archive.copy()
    with archive.writer() as writer:
        keep(writer, (1, b"one", 0, 200), (2, b"two", 0, 200))
    second = archive.rows("captures")[1]
    path = archive.data / second.warc_file
    whole = path.read_bytes()
    archive.restore(copy)
    path.write_bytes(whole[:second.warc_offset + 40])
    assert catalogue(archive)[0] == Catalogued(1, 1)
    assert [f"at offset {second.warc_offset}: " in each for each in catalogue(archive)[1]] == [True]
    path.write_bytes(whole)
    assert catalogue(archive) == (Catalogued(1, 1), [])
    assert catalogue(archive) == (Catalogued(), [])


def test_an_unusable_record_does_not_keep_the_others_out(archive):
    file(archive, response_record(b"one"), response_record(b"two", url="http://[broken/", number=2))
    found, (fault,) = catalogue(archive)
    assert found == Catalogued(1, 1)
    assert "is not an address" in fault


def test_a_file_that_is_not_compressed_record_by_record_is_to_be_imported(archive):
    file(archive, response_record(b"one"), packed=False)
    assert catalogue(archive) == (Catalogued(), [
        "DATA/warc/theirs.warc.gz is not compressed record by record, as the archive's own files are; move it away and "
        "run `gongbao import` on it"])


def test_a_file_that_may_not_be_read_is_tried_again(archive, monkeypatch):
    file(archive, response_record(b"one"))
    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.file_catalog.Path.open", shut)
        assert catalogue(archive)[1] == ["DATA/warc/theirs.warc.gz cannot be catalogued: Permission denied; check its "
                                         "permissions"]
    assert catalogue(archive) == (Catalogued(1, 1), [])


def shut(*_):
    raise PermissionError(13, "Permission denied")


def file(archive, *records, packed=True):
    """A WARC file of another tool in the archive's folder."""
    (archive.data / "warc").mkdir()
    return write_warc(archive.data / "warc" / "theirs.warc.gz", *records, packed=packed)


def test_index_says_what_it_catalogued(crawled, monkeypatch):
    archive, copy = crawled
    archive.restore(copy)
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))
    result = CliRunner().invoke(gongbao.main, ["index"])
    assert (result.exit_code, result.stderr) == (0, "")
    catalogued = "6 captures catalogued, from 2 WARC files that the store did not know to the end"
    assert result.stdout.splitlines()[0] == catalogued
    assert len(archive.rows("captures")) == 9
    assert "catalogued" not in CliRunner().invoke(gongbao.main, ["index"]).stdout
