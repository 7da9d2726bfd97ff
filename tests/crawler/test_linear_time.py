"""Extraction takes linear time: calls and characters are counted on pages made to be slow."""

import re
from collections.abc import Callable
from cProfile import Profile

import pytest

from crawler.extract.landmarks.labels import find_label_groups
from crawler.extract.visible_text import Line, TextFlow
from support.recorded_pages import ALTERABLE, expected, html, name, read

SIZE = 50
PROSE = "The two sides agreed to deepen cooperation in trade, services and investment over the next years."
LAYOUTS = list({(page.parent.name, expected(page)["layout"]): page for page in ALTERABLE}.values())
SHAPES: dict[str, Callable[[int], str]] = {
    "labels on one line": lambda n: "Add Time:2014-10-13 Posted: By: 发布时间:2021-04-19 Release Date: Soruce: " * n,
    "labels on lines": lambda n: "<p>Add Time:</p><p>Posted:</p><p>发布时间:</p><p>Release Date:</p>" * n,
    "dated labels": lambda n: "<p>Add Time:2014-10-13</p><p>Posted:2014-10-13</p><p>发布时间:2014-10-13</p>" * n,
    "labels and breaks": lambda n: "<br>Add Time:<br>Posted:<br>Release Date:<br>发布时间:" * n,
    "breadcrumbs": lambda n: "<p>Home>News Content</p><p>Home > News</p><p>Media Reports</p>" * n,
    "headings": lambda n: "<h2>A title of words</h2>" * n,
    "inline tags": lambda n: "<span>word</span><b></b> " * n,
    "nested inline tags": lambda n: ("<span>" * 100 + "x" + "</span>" * 100) * (n // 50),
    "one line": lambda n: "word " * n + "商务部公告" * n + ":" * n,
    "links": lambda n: "<a href='/x/1.html'>link text</a> " * n,
    "links and breaks": lambda n: "text <a href='/x/1.html'>the title of another release</a><br>" * n,
    "a list of links": lambda n: "<ul>" + "<li><a href='/x/1.html'>link text</a></li>" * n + "</ul>",
    "empty paragraphs": lambda n: "<p></p>" * n,
    "open paragraphs": lambda n: "<p>short" * n,
    "line breaks": lambda n: "x<br>" * n,
    "prose": lambda n: f"<p>{PROSE}</p>" * n,
    "boxes of prose": lambda n: f"<div><p>{PROSE}</p><p>x</p></div>" * n,
    "nested tables": lambda n: ("<table><tr><td>" * 30 + "x" + "</td></tr></table>" * 30) * (n // 25),
    "rows": lambda n: "<table>" + "<tr><td>a</td><td>b</td></tr>" * n + "</table>",
    "boxes of releases": lambda n: "<p>Related news</p><p><a href=/x>Title of another release</a></p>" * n,
    "files": lambda n: "<p><a href='/x.pdf'>annex</a></p>" * n,
    "comments": lambda n: "<!-- a -->" * n + "<!--" + "x " * n + "-->",
    "an open comment": lambda n: "<!--" + "x" * n,
    "an open script": lambda n: "<script>" + "var x=1;" * n,
    "an open style": lambda n: "<style>" + ".a{display:none}" * n,
    "rules": lambda n: "<style>" + ".a{display:none}" * n + "@media{" * n + "</style>",
    "hidden classes": lambda n: "<style>" + "".join(f".c{each}{{display:none}}" for each in range(n)) + "</style>"
                                + "".join(f"<p class=c{each}>x</p>" for each in range(n)),
    "scripts": lambda n: "<script>var tm = 1; location = x;</script>" * n,
}


def calls(work: Callable[[], object]) -> int:
    """Number of function calls, those of C included."""
    profile = Profile()
    profile.runcall(work)
    return sum(each.callcount for each in profile.getstats())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("page", LAYOUTS, ids=name)
def test_calls_grow_with_the_page(page, shape):
    def count(size: int) -> int:
        inner = shape(size)
        last = expected(page)["body"].split("\n")[-1][:12]
        head, mark, rest = html(page).rpartition(last)
        assert mark
        cut = head.rindex("<")  # in the text, before its last paragraph
        source = re.sub(r"(<body[^>]*>)", lambda match: match[1] + inner, head[:cut], count=1)
        return calls(lambda: read(page, source + inner + head[cut:] + mark + rest))

    count(SIZE // 10)  # whatever is remembered from page to page
    one, two, four = count(SIZE), count(2 * SIZE), count(4 * SIZE)
    assert four - two <= 2.5 * max(two - one, 500), (one, two, four)


class Counting(str):
    """A text that counts the characters copied out of it."""

    copied = 0

    def __getitem__(self, key: object) -> str:
        piece = str.__getitem__(self, key)
        Counting.copied += len(piece)
        return piece


@pytest.mark.parametrize("line", ["Posted:2014-10-13 By: ", "Posted: ", "By: x Posted: y "])
def test_labels_on_a_long_line_copy_little_of_it(line, monkeypatch):
    def copied(size: int) -> int:
        monkeypatch.setattr(Counting, "copied", 0)
        flow = TextFlow.of([Line(line * size, None)])
        find_label_groups(TextFlow(flow.lines, Counting(flow.text), flow.starts), ("By", "Posted"), "Posted")
        return Counting.copied

    assert 0 < copied(400) <= 2.2 * copied(200)
