"""`gongbao check --backup`: every copy of a backup counts, and the named command mends it."""

import shutil

import pytest

from support.checked import check, run

pytest_plugins = "support.archive_days"


@pytest.fixture
def backup(days, tmp_path):
    """A whole backup, to be damaged."""
    return shutil.copytree(days / "backup", tmp_path / "backup")


def copies(backup):
    return sorted(path for folder in ("store", "warc") for path in (backup / folder).rglob("*") if path.is_file())


def test_a_whole_backup_has_no_faults_even_where_the_archive_is_gone(backup, tmp_path):
    assert check(tmp_path / "gone", "--backup", str(backup)) == []
    assert not (tmp_path / "gone").exists()


def test_each_copy_with_a_changed_byte_is_named_and_made_again(backup, data):
    for path in copies(backup):
        content = path.read_bytes()
        path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    lines = check(data, "--backup", str(backup))
    for path, line in zip(copies(backup), sorted(lines), strict=True):
        assert line.startswith(f"{path}, the copy of ")
        assert line.endswith("is not what its digest in the manifest says; remove it, then run "
                             f"`gongbao backup {backup}`")
        path.unlink()
    assert run(data, "backup", str(backup)).exit_code == 0
    assert check(data, "--backup", str(backup)) == []


def test_copies_that_are_missing_or_cut_are_named(backup, data):
    [first, *_, last] = copies(backup)
    first.unlink()
    last.write_bytes(b"")
    missing, cut = check(data, "--backup", str(backup))
    assert missing.endswith(f" is missing; run `gongbao backup {backup}`")
    assert " has 0 bytes, the manifest says " in cut


@pytest.mark.parametrize(("manifest", "said"), [
    (None, "holds no backup; name the folder of a backup"),
    ("{", "is damaged (")])
def test_a_folder_that_is_no_backup_is_named(backup, data, manifest, said):
    path = backup / "gongbao-backup.json"
    path.unlink() if manifest is None else path.write_text(manifest)
    [line] = check(data, "--backup", str(backup))
    assert said in line
