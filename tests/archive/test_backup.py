"""Backups: consistent beside a running crawl, incremental, whole after a kill; restored byte for byte."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

import gongbao
from archive.backup.backup import open_backup
from archive.backup.manifest import MANIFEST, load_manifest
from archive.backup.restore import Restore
from archive.errors import BackupError, BusyError, StoreError
from archive.settings import ArchiveSettings
from archive.warc.parser import Record, read_warc
from support.archive import NOW, Archive, exchange, load_capture, release_url
from support.house import ROOT


def silent(_name, _done, _total):
    """No progress bar."""


def keep(archive, *numbers):
    """Crawl these releases into a WARC file of their own."""
    with archive.writer() as writer:
        for number in numbers:
            writer.keep(exchange(release_url(number), b"<h1>%d</h1>" % number))


def back_up(archive, target):
    with open_backup(archive.settings, archive.store, target, silent) as made:
        return made.run(archive.store, lambda: NOW), made


def restored(target, folder):
    """The archive that a backup restores into a folder."""
    made = Restore.open(ArchiveSettings(data=folder), target, silent)
    made.run()
    return Archive.open(folder)


def contents(archive):
    """URL and body of every capture, each read from its WARC file."""
    return {row.url: load_capture(archive.data, row).body for row in archive.rows("captures")}


@pytest.fixture
def archive(tmp_path):
    """An archive whose store is a file; PostgreSQL's part is below."""
    with Archive.open(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def target(tmp_path):
    return tmp_path / "backup"


def test_a_restored_archive_holds_what_was_backed_up(archive, target, tmp_path):
    keep(archive, 1, 2)
    keep(archive, 3)
    back_up(archive, target)
    with restored(target, tmp_path / "new") as other:
        assert (contents(other), other.files(), other.store.uuid) == (
            contents(archive), archive.files(), archive.store.uuid)
        assert other.counts() == archive.counts()


def test_the_manifest_names_the_store_the_rev_and_every_file(archive, target):
    keep(archive, 1)
    back_up(archive, target)
    said = json.loads((target / MANIFEST).read_text())
    assert (said["store_uuid"], said["rev"], said["made_at"]) == (archive.store.uuid, 0, "2026-11-21T12:00:00Z")
    assert [each["name"] for each in said["files"]] == list(archive.files())
    assert {len(each["sha256"]) for each in (said["store"], *said["files"])} == {64}


def test_only_new_files_are_copied(archive, target):
    keep(archive, 1)
    assert back_up(archive, target)[1].copied == 1
    keep(archive, 2)
    _, second = back_up(archive, target)
    assert second.copied == 1
    assert back_up(archive, target)[1].copied == 0


def test_a_copy_is_no_hard_link(archive, target):
    keep(archive, 1)
    back_up(archive, target)
    assert {path.stat().st_nlink for path in target.rglob("*") if path.is_file()} == {1}


def test_an_open_file_is_copied_to_its_last_whole_record(archive, target, tmp_path):
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1), b"<h1>1</h1>"))
        writer.flush()
        writer.keep(exchange(release_url(2), b"<h1>2</h1>"))
        with writer._file.path.open("ab") as out:  # the beginning of a record that is being written
            out.write(b"\x1f\x8b\x08\x00\x00")
        manifest, _ = back_up(archive, target)
        os.truncate(writer._file.path, writer._file.size)
    assert [each.is_growing for each in manifest.files] == [True]
    with restored(target, tmp_path / "new") as other:
        assert [row.url for row in other.rows("captures")] == [release_url(1)]
        [path] = (other.data / "warc").rglob("*.warc.gz")
        assert all(isinstance(each, Record) for each in read_warc(path))
        assert len([each for each in read_warc(path) if each.kind == "response"]) == 2


def test_a_file_that_was_open_is_copied_again(archive, target, tmp_path):
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1)))
        writer.flush()
        back_up(archive, target)
        writer.keep(exchange(release_url(2)))
    manifest, made = back_up(archive, target)
    assert (made.copied, [each.is_growing for each in manifest.files]) == (1, [False])
    assert len([path for path in (target / "warc").rglob("*") if path.is_file()]) == 1
    with restored(target, tmp_path / "new") as other:
        assert other.files() == archive.files()


def test_a_backup_that_fails_leaves_the_previous_one_whole(archive, target, tmp_path, monkeypatch):
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1)))
        writer.flush()
        back_up(archive, target)
        writer.keep(exchange(release_url(2)))
    keep(archive, 3)
    with monkeypatch.context() as patch:
        patch.setattr("archive.backup.backup.save_manifest", fails)
        with pytest.raises(OSError, match="killed"):
            back_up(archive, target)
    with restored(target, tmp_path / "new") as other:
        assert list(contents(other)) == [release_url(1)]
    back_up(archive, target)
    with restored(target, tmp_path / "newer") as other:
        assert contents(other) == contents(archive)


def fails(*_arguments):
    raise OSError("killed")


# Makes backups without end; prints a line after each.
MAKER = """
import sys, pathlib
from archive.backup.backup import open_backup
from archive.db.store import Store
from archive.settings import ArchiveSettings
from archive.times import utc_now
settings = ArchiveSettings(data=pathlib.Path(sys.argv[1]))
while True:
    with Store.open(settings, readonly=True) as store:
        with open_backup(settings, store, pathlib.Path(sys.argv[2]), lambda *_: None) as made:
            made.run(store, utc_now)
    print("made", flush=True)
"""


def test_a_backup_killed_at_any_moment_beside_a_crawl_can_be_restored(archive, target, tmp_path):
    keep(archive, 0)
    for turn in range(1, 4):
        with subprocess.Popen([sys.executable, "-c", MAKER, str(archive.data), str(target)], cwd=ROOT,
                              stdout=subprocess.PIPE, text=True) as process, archive.writer() as writer:
            assert process.stdout.readline() == "made\n"
            for number in range(30 * turn):
                writer.keep(exchange(release_url(100 * turn + number), b"<h1>%d</h1>" % number))
                if number % 5 == 0:
                    writer.flush()
            process.send_signal(signal.SIGKILL)
        with restored(target, tmp_path / f"new-{turn}") as other:
            assert contents(other).items() <= contents(archive).items()
            assert len(contents(other)) >= 1


@pytest.mark.parametrize("inside", ["", "backup", "warc/../backup"])
def test_a_target_in_the_data_folder_is_refused(archive, inside):
    with pytest.raises(BackupError, match=r"is in the data folder .*; name a folder on another disk"):
        back_up(archive, archive.data / inside)


def test_a_target_with_another_archive_s_backup_is_refused_by_name(archive, target, tmp_path):
    keep(archive, 1)
    back_up(archive, target)
    with Archive.open(tmp_path / "other") as other, pytest.raises(BackupError) as refused:
        back_up(other, target)
    assert f"backup of another archive: that of store {archive.store.uuid}" in str(refused.value)
    assert load_manifest(target).store_uuid == archive.store.uuid


def test_a_target_with_other_files_is_refused(archive, target):
    target.mkdir()
    (target / "holiday.jpg").touch()
    with pytest.raises(BackupError, match=r"holds other files, such as holiday\.jpg"):
        back_up(archive, target)


def test_a_target_without_room_is_refused(archive, target, monkeypatch):
    keep(archive, 1)
    monkeypatch.setattr("archive.backup.files.shutil.disk_usage", lambda _folder: SimpleNamespace(free=1))
    with pytest.raises(BackupError, match=r"has room for 1 MB, \d MB are needed"):
        back_up(archive, target)


def test_two_backups_at_once_are_refused(archive, target):
    with open_backup(archive.settings, archive.store, target, silent), pytest.raises(BusyError, match="is running"):
        back_up(archive, target)


def test_the_copy_of_a_file_that_was_cut_or_lost_is_kept(archive, target, tmp_path):
    keep(archive, 1)
    keep(archive, 2)
    back_up(archive, target)
    before, (cut, lost) = archive.files(), sorted((archive.data / "warc").rglob("*.gz"))
    os.truncate(cut, 100)
    lost.unlink()
    _, made = back_up(archive, target)
    assert [str(path) in fault for path, fault in zip((cut, lost), made.faults, strict=True)] == [True, True]
    with restored(target, tmp_path / "new") as other:
        assert other.files() == before


def test_a_damaged_store_does_not_replace_the_copy_of_a_whole_one(archive, target):
    keep(archive, *range(40))
    back_up(archive, target)
    before = (target / MANIFEST).read_bytes()
    archive.close()
    path = archive.data / "gongbao.sqlite"
    data = path.read_bytes()
    middle = len(data) // 2 // 4096 * 4096
    path.write_bytes(data[:middle] + b"\xff" * 4096 * 8 + data[middle + 4096 * 8:])
    with Archive.open(archive.data) as damaged, pytest.raises(StoreError, match=r"is damaged \(.*--repair"):
        back_up(damaged, target)
    assert (target / MANIFEST).read_bytes() == before


def test_a_folder_that_is_not_empty_is_refused_by_name(archive, target, tmp_path):
    back_up(archive, target)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").touch()
    with pytest.raises(BackupError, match=r"full is not empty, it holds thesis\.doc"):
        restored(target, tmp_path / "full")


def test_a_restore_that_was_killed_is_repeated(archive, target, tmp_path, monkeypatch):
    keep(archive, 1)
    back_up(archive, target)
    with monkeypatch.context() as patch:
        patch.setattr("archive.backup.restore.Restore._restore_store", fails)
        with pytest.raises(OSError, match="killed"):
            restored(target, tmp_path / "new")
    with restored(target, tmp_path / "new") as other:
        assert contents(other) == contents(archive)
        assert sorted(path.name for path in other.data.iterdir() if path.suffix != ".sqlite-wal") == [
            "gongbao.sqlite", "gongbao.sqlite-shm", "warc"]


def test_a_damaged_copy_is_never_restored(archive, target, tmp_path):
    keep(archive, 1)
    back_up(archive, target)
    [path] = (target / "warc").rglob("*.gz")
    flip(path, 60)
    with pytest.raises(BackupError, match="is damaged: it is not what the manifest says"):
        restored(target, tmp_path / "new")


def test_a_damaged_store_stays_in_its_place_if_its_copy_is_damaged_too(archive, target):
    manifest, _ = back_up(archive, target)
    archive.close()
    flip(target / manifest.store.path, 60)
    store = archive.data / "gongbao.sqlite"
    store.write_bytes(b"no database at all")
    with pytest.raises(BackupError, match="is damaged: it is not what the manifest says"):
        Restore.open(archive.settings, target, silent).repair()
    assert store.read_bytes() == b"no database at all"


def flip(path: Path, at: int):
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_folder_without_a_backup_is_named(tmp_path):
    with pytest.raises(BackupError, match="holds no backup"):
        Restore.open(ArchiveSettings(data=tmp_path / "new"), tmp_path, silent)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}'])
def test_a_damaged_manifest_is_named(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(BackupError, match=f"{MANIFEST} is damaged"):
        load_manifest(tmp_path)


def test_repair_puts_back_what_is_missing_or_damaged_and_nothing_else(archive, target):
    for number in range(4):
        keep(archive, number)
    back_up(archive, target)
    lost, cut, changed, _ = sorted((archive.data / "warc").rglob("*.gz"))
    keep(archive, 9)
    before = archive.files()
    lost.unlink()
    os.truncate(cut, 100)
    flip(changed, 60)
    made = Restore.open(archive.settings, target, silent)
    made.repair()
    assert (made.files, made.faults, archive.files()) == (3, [], before)


def test_the_commands_say_what_they_did(archive, target, tmp_path):
    keep(archive, 1)
    said = CliRunner().invoke(gongbao.main, ["backup", str(target), "--data", str(archive.data)])
    assert (said.exit_code, said.output) == (0, f"{target}: store at rev 0, 1 WARC file, 1 of them copied now\n")
    new = tmp_path / "new"
    said = CliRunner().invoke(gongbao.main, ["restore", str(target), "--data", str(new)])
    assert said.exit_code == 0
    assert said.output.startswith(f"{new}: 2 files restored from the backup of 20")
    assert (new / "index").is_dir()


@pytest.fixture
def on_server(postgresql, tmp_path):
    """An archive whose store is on PostgreSQL."""
    with Archive.open(tmp_path / "data", database=postgresql.new()) as opened:
        yield opened
    postgresql.drop()


def test_a_store_on_postgresql_is_dumped_and_restored(on_server, postgresql, target, tmp_path):
    keep(on_server, 1, 2)
    manifest, _ = back_up(on_server, target)
    assert (manifest.database, manifest.store_uuid) == ("postgresql", on_server.store.uuid)
    before, counts = contents(on_server), on_server.counts()
    on_server.close()
    url = make_url(on_server.settings.database)
    schema = url.query["application_name"]
    settings = ArchiveSettings(data=tmp_path / "new", database=on_server.settings.database)
    with pytest.raises(BackupError, match=r"is there already; name an empty database"):
        Restore.open(settings, target, silent).run()
    postgresql.execute(url, f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")
    Restore.open(settings, target, silent).run()
    with Archive.open(tmp_path / "new", database=on_server.settings.database) as other:
        assert (contents(other), other.counts(), other.store.uuid) == (before, counts, manifest.store_uuid)
        keep(other, 3)
        assert len(contents(other)) == 3


def test_a_missing_dump_is_named(on_server, postgresql, target, tmp_path):
    manifest, _ = back_up(on_server, target)
    on_server.close()
    url = make_url(on_server.settings.database)
    schema = url.query["application_name"]
    postgresql.execute(url, f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")
    (target / manifest.store.path).unlink()
    with pytest.raises(BackupError, match="is missing in the backup; restore an older one"):
        Restore.open(ArchiveSettings(data=tmp_path / "new", database=on_server.settings.database), target, silent).run()


def test_a_missing_pg_dump_is_named(on_server, target, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StoreError, match=r"pg_dump is not installed.*postgresql-client"):
        back_up(on_server, target)
    assert not target.exists()


def test_a_failing_pg_dump_is_told_and_changes_nothing(on_server, target, monkeypatch, tmp_path):
    back_up(on_server, target)
    before = (target / MANIFEST).read_bytes()
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho server version mismatch >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with pytest.raises(StoreError, match=r"pg_dump failed for .*: server version mismatch"):
        back_up(on_server, target)
    assert (target / MANIFEST).read_bytes() == before


def test_a_backup_of_another_kind_of_database_is_refused(archive, target, tmp_path):
    back_up(archive, target)
    settings = ArchiveSettings(data=tmp_path / "new", database="postgresql+psycopg://localhost/x")
    with pytest.raises(BackupError, match="holds a store on sqlite, and GONGBAO_DATABASE is for postgresql; unset it"):
        Restore.open(settings, target, silent)
