"""`gongbao read` prints what captures say and stores nothing."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.messages import Message
from crawler.commands.read import read

PAGES = Path(__file__).parent / "pages"
CNUS = PAGES / "cnus_cccme" / "page.html"
FIELDS = {
    "file",
    "source",
    "url",
    "urlkey",
    "layout",
    "title",
    "body",
    "language",
    "published",
    "source_label",
    "author",
    "number",
    "attachments",
    "counterpart",
    "defects",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(read, [str(each) for each in arguments])


def url_of(page: Path) -> str:
    return str(json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["url"])


def objects(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path) -> Path:
    with (tmp_path / "index.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "url", "fetched_at"])
        for page in sorted(PAGES.glob("*/*.html")):
            name = f"{page.parent.name}-{page.name}"
            (tmp_path / name).write_bytes(page.read_bytes())
            rows.writerow([name, url_of(page), "2026-11-01T00:00:00Z"])
    return tmp_path


def test_one_page_is_one_object_with_every_field():
    result = run(CNUS, "--url", url_of(CNUS), "--json")
    assert result.exit_code == 0
    (said,) = objects(result)
    assert set(said) >= FIELDS
    assert said["file"] == str(CNUS)
    assert said["published"]["value"] == "2014-04-02"


def test_a_folder_is_one_object_a_page_and_nothing_is_written(folder):
    before = sorted(folder.iterdir())
    result = run(folder, "--json")
    assert [each.get("unreadable") for each in objects(result)] == [None] * (len(before) - 1)
    assert sorted(folder.iterdir()) == before


def test_a_page_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "x.html").write_text("<p>Welcome</p>")
    (said,) = objects(run(tmp_path / "x.html", "--url", url_of(CNUS), "--json"))
    assert set(said) == {"file", "url", "unreadable", "reason", "tried"}
    assert said["unreadable"] == "no line shows 'Add Time'"
    assert said["reason"] == {"code": "no_label", "label": "Add Time"}
    assert said["tried"]


def test_without_json_it_is_told_for_people():
    result = run(CNUS, "--url", url_of(CNUS))
    assert "Seminar on Clean Port Equipment" in result.stdout
    assert "2014-04-02 (label 'Add Time:')" in result.stdout


def test_for_people_the_time_that_was_taken_is_told_from_the_others():
    page = CNUS.parents[1] / "mofcom_zh" / "g3-notice.html"
    said = json.loads(run(page, "--url", url_of(page), "--json").stdout)
    told = run(page, "--url", url_of(page)).stdout.splitlines()
    first, *others = (str(Message.from_json(each["place"])) for each in said["published"]["evidence"])
    assert others
    assert f"  {said['published']['value']} ({first}; not taken: {', '.join(others)}) · mofcom_zh" in told[3]
    assert {f"  number: {said['number']}", f"  source label: {said['source_label']}"} <= set(told[4:])
    assert [line for line in told if "attachment: " in line] == [
        f"  attachment: {each['url']}" for each in said["attachments"]]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["nowhere.warc.gz"], 1, "nowhere.warc.gz cannot be read: No such file"),
        (["long" * 99], 1, "cannot be read: File name too long"),
        (["long" * 99, "--url", "http://x.cn/"], 1, "cannot be read: File name too long"),
        ([CNUS], 1, "--url"),
        ([CNUS, "--fetched-at", "2026"], 2, "--url"),
        ([CNUS, "--url", "nonsense"], 2, "not an http(s) address"),
        ([], 2, "PATH"),
        ([CNUS, "--url", "http://x.cn/", "--fetched-at", "soon"], 2, "not a time"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, code, why):
    result = run(*arguments)
    assert result.exit_code == code
    assert why in result.stderr


def test_a_missing_file_is_a_fault_of_its_line_and_the_rest_is_read(folder):
    (folder / "camce-clone.html").unlink()
    result = run(folder, "--json")
    assert result.exit_code == 1
    assert "camce-clone.html is missing" in result.stderr
    assert len(objects(result)) == len(list(folder.glob("*.html")))


def test_a_folder_without_pages_or_warcs_is_a_fault(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "neither an index.csv" in result.stderr
