"""`gongbao check` and other commands where there is no usable store, no archive, or a backup instead of one."""

import os

import pytest

from support.checked import captured_by, check, execute, mended, repair, run

pytest_plugins = "support.archive_days"


def test_a_store_that_is_missing(data, days):
    (data / "gongbao.sqlite").unlink()
    [line] = check(data)
    assert line.startswith(f"there is no store in {data} for the captures in its WARC files; run `gongbao restore "
                           "BACKUP --repair`, or, without a backup, `gongbao index --from-files`")
    repair(days, data)
    assert mended(data)


def test_a_store_that_is_missing_is_made_of_the_warc_files(data):
    before = captured_by(data.parent, "data")
    (data / "gongbao.sqlite").unlink()
    assert run(data, "index", "--from-files").exit_code == 0
    assert [line for line in check(data, "--deep") if "gongbao crawl" not in line] == []
    assert captured_by(data.parent, "data") == before


UNUSABLE = {"empty": b"", "random": bytes(range(256)) * 64, "other tables": None}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_a_store_that_is_none_has_one_command(data, days, content):
    path = data / "gongbao.sqlite"
    path.unlink()
    if content is None:
        execute(data, "CREATE TABLE notes (text)")
    else:
        path.write_bytes(content)
    [line] = check(data)
    assert line.endswith("; run `gongbao restore BACKUP --repair`")
    assert line.count("`") == 2
    repair(days, data)
    assert mended(data)


@pytest.mark.parametrize("words", [["index"], ["index", "--from-files"], ["crawl", "camce"], ["status"]], ids=" ".join)
def test_no_new_store_is_made_over_an_empty_file_beside_captures(data, words):
    (data / "gongbao.sqlite").write_bytes(b"")
    said = run(data, *words)
    assert (said.exit_code, (data / "gongbao.sqlite").stat().st_size) == (1, 0)
    assert said.stderr == (
        f"gongbao: the store of {data} is damaged: its file is empty or holds other tables, and the WARC files hold "
        "captures; run `gongbao restore BACKUP --repair`\n")


def test_a_folder_without_an_archive_is_named(tmp_path):
    assert check(tmp_path) == [f"there is no archive at {tmp_path}; name its folder with --data or GONGBAO_DATA, or "
                               "fill one there with `gongbao crawl` or `gongbao import`"]


@pytest.mark.parametrize("words", [["check"], ["status"], ["index"], ["search", "tea"], ["crawl", "camce"],
                                   ["import", "page.warc"], ["backup", "../copy"]], ids=" ".join)
def test_a_backup_is_no_archive(days, words):
    backup = days / "backup"
    before = sorted(backup.rglob("*"))
    said = run(backup, *words)
    assert (said.exit_code, sorted(backup.rglob("*"))) == (1, before)
    assert f"{backup} is a backup and no archive; to use it, run `gongbao restore {backup} --data" in said.output


@pytest.mark.parametrize("words", [["status"], ["search", "tea"], ["index"], ["backup", "../copy"]], ids=" ".join)
def test_where_the_store_is_gone_restoring_comes_first(data, words):
    (data / "gongbao.sqlite").unlink()
    said = run(data, *words)
    assert (said.exit_code, (data / "gongbao.sqlite").exists()) == (1, False)
    assert "run `gongbao restore BACKUP --repair`, or, without a backup, `gongbao index --from-files`" in said.stderr


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_a_store_that_is_cut(data, days, share):
    path = data / "gongbao.sqlite"
    os.truncate(path, int(path.stat().st_size * share))
    lines = check(data)
    assert lines[0].endswith("run `gongbao restore BACKUP --repair`")
    repair(days, data)
    assert mended(data)
    assert len(list(data.glob("gongbao.sqlite.damaged-*"))) == 1
