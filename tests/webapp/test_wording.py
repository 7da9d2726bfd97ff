"""What the crawler says in English, the site says in Chinese too: every sentence is found in the crawler's files."""

import ast
import re

import pytest

from crawler.extract.page import _BINARY
from crawler.middlewares import unfound
from crawler.spiders.claims import ENDED
from house import files, tree
from webapp import wording

# Which argument of a call is a sentence that the store keeps and the site shows.
SPOKEN = {"PageFault": (0,), "Unreadable": (0,), "BodyError": (0,), "UnitError": (0,), "note": (0,), "fail": (0,),
          "_fallback": (0,), "_lost": (0,), "_lost_list": (1,), "_leave": (1,), "Found": (1,), "Evidence": (1,),
          "Defect": (0, 1)}


def sample(node):
    """A text that an expression of the crawler's can give, '' where nothing can be said of it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else
                       "'7'" if each.conversion == ord("r") else "7" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def spoken():
    for path in files(".py", under="crawler"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                yield from (sample(node.args[place]) for place in SPOKEN.get(name, ()) if place < len(node.args))
            elif isinstance(node, ast.Yield) and path.name == "health.py" and node.value:
                yield sample(node.value)


# Those that a constant or a function of its own holds; of the others, what is but places and signs says nothing.
SAMPLES = sorted({each for each in spoken() if any(map(str.isalpha, each))}
                 | {f"the body is {kind}, not HTML" for kind in _BINARY.values()}
                 | {ENDED, unfound("7"), "stopped: 7", "the reader failed: 7"})


# The crawler's files, a text that goes on in the next literal as one.
WRITTEN = re.sub(r'\"\s*\n\s*f?\"', "", "\n".join(path.read_text("utf-8") for path in files(".py", under="crawler")))


@pytest.fixture
def chinese(app):
    with app.test_request_context("/?ui=zh"):
        yield


def test_the_sentences_of_the_crawler_are_found():
    assert {"no body was found", "meta 7", "label '7'", "7 lists name no release and should"} <= set(SAMPLES)


@pytest.mark.parametrize("message", wording.SENTENCES)
def test_every_sentence_is_still_written(message):
    pieces = [each for each in wording._PART.split(message)[::2] if len(each) > 1]
    assert pieces
    assert all(each in WRITTEN for each in pieces)


def test_the_sentence_that_says_most_is_recognised():
    assert wording._recognised("the line after the title")[0] == "the line after the title"
    assert wording._recognised("the line '7'")[0] == "the line %(text)s"


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.usefixtures("chinese")
def test_a_sentence_of_the_crawler_has_its_chinese(text):
    said = wording.worded(text)
    assert said != text, "add it to SENTENCES in webapp/wording.py, then run make translations"
    assert said.count("7") == text.count("7")


@pytest.mark.parametrize("text", SAMPLES)
def test_in_english_it_stays_as_it_was_written(app, text):
    with app.test_request_context("/?ui=en"):
        assert wording.worded(text) == text


@pytest.mark.usefixtures("chinese")
def test_parts_are_said_in_chinese_where_they_can_be():
    assert wording.worded("no title was found") == "没有找到标题"
    assert wording.worded("3 in the body, the first at character 20") == "正文中有 3 处，第一处在第 20 个字符"


@pytest.mark.parametrize("text", [".article-tool .at-left", "100% of %(x)s", "", "no"])
@pytest.mark.usefixtures("chinese")
def test_what_is_not_known_is_shown_as_it_is(text):
    assert wording.worded(text) == text


@pytest.mark.usefixtures("chinese")
def test_signs_in_a_part_are_left_alone():
    assert wording.worded("meta 100%(x)s") == "页面元数据 100%(x)s"
