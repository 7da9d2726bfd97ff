"""What the crawler says in English, the site says in Chinese too: every sentence is found in the crawler's files."""

import ast

import pytest

from crawler.extract.page import _BINARY
from support.house import files, tree
from webapp import wording

# Which argument of a call is a sentence, or several, that the store keeps and the site shows.
SPOKEN = {"PageFault": (0,), "Unreadable": (0,), "BodyError": (0,), "UnitError": (0,), "note": (0,), "fail": (0,),
          "_fallback": (0,), "_lost": (0,), "_lost_list": (1,), "_leave": (1,), "Found": (1,), "Evidence": (1,),
          "Defect": (0, 1), "Health": (1,), "finish_run": (3,)}
# The functions that give such a sentence to whoever asks.
GIVING = {"notice", "unfound", "_describe", "_shortcomings", "_fill_rates"}
# What a part of a sentence can be, where that has its own Chinese; "7" stands for anything else.
PARTS = {"title", "body", *_BINARY.values()}


def texts(node, names):
    """The texts that an expression of the crawler's can give; none where nothing can be said of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(each.value if isinstance(each, ast.Constant) else
                      "'7'" if each.conversion == ord("r") else "7" for each in node.values)
    elif isinstance(node, ast.Name):
        others = {name: values for name, values in names.items() if name != node.id}
        yield from (text for each in names.get(node.id, ()) for text in texts(each, others))
    elif isinstance(node, ast.Subscript):
        yield from texts(node.value, names)
    elif isinstance(node, ast.IfExp | ast.Tuple):
        for each in (node.body, node.orelse) if isinstance(node, ast.IfExp) else node.elts:
            yield from texts(each, names)


def expressions(module):
    """Where a file's sentences stand."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from (node.args[place] for place in SPOKEN.get(name, ()) if place < len(node.args))
        elif isinstance(node, ast.FunctionDef) and node.name in GIVING:
            yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return | ast.Yield))


def spoken():
    for path in files(".py", under="crawler"):
        module, names = tree(path), {}
        for node in ast.walk(module):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.setdefault(node.targets[0].id, []).append(node.value)
        yield from (text for each in expressions(module) for text in texts(each, names))


# What is but a part, or nothing, says nothing.
SAMPLES = sorted(({*spoken()} - {"", "7", "'7'"}) | PARTS)


@pytest.fixture
def chinese(app):
    with app.test_request_context("/?ui=zh"):
        yield


def test_the_sentences_of_the_crawler_are_found():
    assert {"no body was found", "meta 7", "label '7'", "7 lists name no release and should", "the page's address",
            "7: HTTP 7", "it did not start: the crawl was stopped, or the log says why",
            "no list page could be read"} <= set(SAMPLES)


@pytest.mark.parametrize("message", wording.SENTENCES)
def test_every_sentence_is_still_written(message):
    assert message in {wording._recognised(text)[0] for text in SAMPLES}


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
    assert wording.worded("https://x.cn/list: no title was found") == "https://x.cn/list：没有找到标题"
    assert wording.worded("the body is a PDF file, not HTML") == "内容是 PDF 文件，不是 HTML"
    assert wording.worded("3 in the body, the first at character 20") == "正文中有 3 处，第一处在第 20 个字符"


@pytest.mark.parametrize("text", [".article-tool .at-left", "two words: and more", "100% of %(x)s", "", "no"])
@pytest.mark.usefixtures("chinese")
def test_what_is_not_known_is_shown_as_it_is(text):
    assert wording.worded(text) == text


@pytest.mark.usefixtures("chinese")
def test_signs_in_a_part_are_left_alone():
    assert wording.worded("meta 100%(x)s") == "页面元数据 100%(x)s"


def test_a_text_longer_than_any_sentence_is_shown_as_it_is_at_once():
    text = f"the layouts find different titles, the last '{'a asks to wait s s (HTTP ' * 1000}'"
    assert wording._recognised(text) == ("", ())
