"""A mistake in a source file is reported with file and line by every command that needs the sources."""

import sys

import pytest
from click.testing import CliRunner

import crawler.sources
import gongbao
from crawler import source
from crawler.errors import SourceError

GOOD = """\
from crawler.extract.fields import css, date_in, element, published
from crawler.source import Layout, Source

SOURCE = Source(
    id="trial",
    name={"zh": "\u8bd5", "en": "Trial"},
    organization=None,
    hosts=("www.example.org",),
    articles=(r"/news/[0-9]+",),
    layouts=(Layout(name="all", title=css("h1"), body=element("p"), published=published(date_in(css("time")))),),
)
"""


def listing(arguments: str) -> tuple[str, str]:
    """What turns GOOD into a file with this listing."""
    return "import Layout, Source\n\nSOURCE = Source(", (
        f"import Layout, Listing, Source\n\nSOURCE = Source(listings=(Listing({arguments}),),")


MISTAKES = {
    ("css(\"h1\")", "csss(\"h1\")"): ", line 10: NameError: name 'csss' is not defined",
    ("SOURCE = Source(", "SOURCE = Source(("): ", line 4: SyntaxError: '(' was never closed; correct",
    ("h1", "h1..title"): ", line 10: ValueError: 'h1..title' is not a CSS selector: ",
    ("name=\"all\"", "name=\"all\", when=\"p >\""): ": ValueError: 'p >' is not a CSS selector: ",
    ("css(\"time\")", "css(\"time\", \"[0-9]+\")"): ", line 10: ValueError: the pattern '[0-9]+' has no group; put",
    ("SOURCE =", "SOURCES ="): ": the file defines no SOURCE",
    (", body=element(\"p\")", ""): ", line 10: TypeError: ",
    ("news/[0", "news/([0"): ": error: missing ), unterminated subpattern",
    ("id=\"trial\"", "id=\"trail\""): ": the id is 'trail'; it must be the name of the file, 'trial'",
    (", \"en\": \"Trial\"", ""): ": name needs both languages: {'zh': …, 'en': …}",
    ("{\"zh\": \"\u8bd5\", \"en\": \"Trial\"}", "\"Trial\""): ": name needs both languages: ",
    ("www.example.org", "https://www.example.org/"): ": hosts: 'https://www.example.org/' is not a host name",
    ("css(\"h1\")", "\"h1\""): ": layout 'all': title is 'h1', not a field; make one with",
    ("published(date_in(css(\"time\")))", "(date_in(css(\"time\")),)"): ": layout 'all': published is (<function",
    ("name=\"all\"", "name=\"all\", until=\"2021-12-31\""): ": layout 'all': until is '2021-12-31', not a date; write",
    ("(\"www.example.org\",)", "(\"www.example.org\")"): ": hosts is not a tuple; write parentheses, and a comma "
                                                     "after a single value: hosts=(…,)",
    ("SOURCE = Source(", "SOURCE = Source(tracking=\"spm\","): ": tracking is not a tuple; write parentheses, and",
    listing('"http://a.cn/{year}/"'): ": listing 'http://a.cn/{year}/': {year} needs first_year=…, the year of the",
    listing('"http://a.cn/", first_year=2025'): ": listing 'http://a.cn/': first_year needs {year} in the url, in",
    listing('"http://a.cn/{year}/", first_year=25'): ": listing 'http://a.cn/{year}/': first_year is 25, not a year;",
    listing('"http://a.cn/{year}/", first_year="2025"'): ": listing 'http://a.cn/{year}/': first_year is '2025', not",
    listing('"http://a.cn/", paging="{url}?2"'): ": listing 'http://a.cn/': paging is '{url}?2', without {page}: every",
}


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """A function that writes `trial.py`, the only source file."""
    folder = tmp_path / "crawler" / "sources"
    folder.mkdir(parents=True)

    def write(text):
        (folder / "trial.py").write_text(text, encoding="utf-8")

    monkeypatch.setattr(crawler.sources, "__path__", [str(folder)])
    source.all_sources.cache_clear()
    yield write
    source.all_sources.cache_clear()
    sys.modules.pop("crawler.sources.trial", None)
    vars(crawler.sources).pop("trial", None)


def test_a_good_file_is_a_source(trial):
    trial(GOOD)
    assert [each.id for each in source.all_sources()] == ["trial"]


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.items(), ids=[each[1] or each[0] for each in MISTAKES])
def test_a_mistake_is_reported_with_file_and_line(trial, mistake, said):
    assert mistake[0] in GOOD
    trial(GOOD.replace(*mistake))
    with pytest.raises(SourceError) as error:
        source.all_sources()
    assert str(error.value).startswith(f"crawler/sources/trial.py{said}")


@pytest.mark.parametrize("words", [["crawl", "nosuch"], ["crawl", "trial", "--dry-run"], ["demo", "build"]])
def test_no_command_shows_a_traceback_for_it(trial, tmp_path, words):
    trial(GOOD.replace("css(", "csss("))
    result = CliRunner(env={"GONGBAO_DATA": str(tmp_path / "data")}).invoke(gongbao.main, words)
    assert result.exit_code == 1
    assert result.stderr.startswith("gongbao: crawler/sources/trial.py, line 10: NameError: ")
    assert not (tmp_path / "data").exists()
