"""Stored messages: calls fit their sentences, sentences are used and translated, old sentences stay readable."""

import ast
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.messages import FORMER_MESSAGES, MESSAGES, Message, message
from support.house import shipped, tree
from webapp.formatting import PUBLIC_SENTENCES, message_text, tried_text

# %(name)s
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
NOT_TRANSLATED = {"text", "selector", "response_status"}  # no word in them


def calls():
    """Place, possible codes and keyword names of every call of `message` in the shipped files."""
    for path in shipped():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
                yield f"{path}:{node.lineno}", codes(node.args[0]), {each.arg for each in node.keywords}


def codes(argument):
    """The codes that the first argument of a call can be: a constant, an f-string, or a loop variable."""
    match argument:
        case ast.Constant(value):
            return {value}
        case ast.JoinedStr(values):  # f"unknown_{facet}"
            pattern = "".join(re.escape(each.value) if isinstance(each, ast.Constant) else r"\w+" for each in values)
            return {code for code in MESSAGES if re.fullmatch(pattern, code)} - {"unknown_sort"}
    return {"stray_bytes_in_title", "stray_bytes_in_body"}


CALLS = list(calls())


def placeholders(code):
    return set(PLACEHOLDER.findall(MESSAGES[code]))


def example(code):
    return message(code, **dict.fromkeys(placeholders(code), "7"))


def sentence(code):
    """What pages say in English."""
    return PUBLIC_SENTENCES.get(code, MESSAGES[code]) % dict.fromkeys(placeholders(code), "7")


@pytest.mark.parametrize(("place", "possible", "names"), CALLS, ids=[place for place, _, _ in CALLS])
def test_a_call_gives_every_parameter_of_its_sentence(place, possible, names):
    assert possible, place
    for each in possible:
        assert each in MESSAGES, f"{place}: add {each!r} to MESSAGES"
        assert names == placeholders(each), place


def test_every_message_is_used():
    used = {code for _, possible, _ in CALLS for code in possible} | {"text"} | set(FORMER_MESSAGES)
    assert set(MESSAGES) - used == set()


@pytest.mark.parametrize("code", sorted(set(MESSAGES) - NOT_TRANSLATED))
def test_a_message_has_its_chinese(app, code):
    with app.test_request_context("/?ui=zh"):
        said = message_text(example(code))
    assert re.search(r"[\u4e00-\u9fff\uff1a]", said), "run make translations, then translate"
    assert said.count("7") == sentence(code).count("7")


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_in_english_a_message_is_its_sentence(app, code):
    with app.test_request_context("/?ui=en"):
        assert message_text(example(code)) == sentence(code)
    assert str(example(code)) == MESSAGES[code] % dict.fromkeys(placeholders(code), "7")


@pytest.mark.parametrize("code", sorted(PUBLIC_SENTENCES))
@pytest.mark.parametrize("ui", ["en", "zh"])
def test_pages_do_not_say_what_concerns_the_operator_alone(app, ui, code):
    hidden = message(code, via="http://10.1.2.3:8100")
    assert "10.1.2.3" in str(hidden)
    with app.test_request_context(f"/?ui={ui}"):
        said = message_text(message("lists_failed", count=1, cause=hidden, url="http://x.cn/"))
    assert not any(each in said for each in ("10.1.2.3", "GONGBAO"))


def test_a_message_inside_a_message_is_translated_too(app):
    failed = message("request_failed", url="https://x.cn/list", error=message("no_title"))
    strays = message("stray_bytes_in_body", count=3, offset=20)
    assert str(failed) == "https://x.cn/list: no title was found"
    with app.test_request_context("/?ui=zh"):
        assert message_text(failed) == "https://x.cn/list：没有找到标题"
        assert message_text(message("body_not_html", kind="PDF")) == "内容是文件（PDF），不是 HTML"
        assert message_text(strays).endswith("正文中有 3 处，第一处在第 20 个字符")


def test_times_are_those_of_the_page(app):
    rests = message("host_rests", host="a.cn", until="2026-11-21T12:00:00Z")
    with app.test_request_context("/?ui=en"):
        assert message_text(rests).endswith("left alone until 21 November 2026 20:00")


@pytest.mark.parametrize(("tried", "said"), [
    ("title", "标题"), ("G2: no title was found", "G2：没有找到标题"), ("G2: body", "G2：正文"), ("h1", "h1"),
    ("G2: the body has only 3 characters", "G2: the body has only 3 characters")])
def test_what_was_tried_is_said_in_the_language_of_the_reader(app, tried, said):
    with app.test_request_context("/?ui=zh"):
        assert tried_text(tried) == said


def test_signs_in_a_parameter_are_left_alone(app):
    with app.test_request_context("/?ui=zh"):
        assert message_text(message("meta", name="100%(x)s")) == "页面元数据 100%(x)s"


@pytest.mark.parametrize("text", [".article-tool .at-left", "two words: and more", "100% of %(x)s", "", "no", "{x}"])
def test_a_sentence_of_an_older_version_is_shown_as_it_is(app, text):
    with app.test_request_context("/?ui=zh"):
        assert message_text(Message.loads(text)) == message_text(Message.from_json(text)) == text


def test_a_code_of_a_newer_version_is_shown_with_its_parameters(app):
    newer = Message.loads('{"code": "not_yet_known", "count": 3}')
    with app.test_request_context("/?ui=zh"):
        assert message_text(newer) == str(newer) == "not_yet_known (count: 3)"


names = st.text(string.ascii_lowercase, min_size=1).filter(lambda name: name != "code")
messages = st.recursive(
    st.builds(Message, names, st.dictionaries(names, st.text() | st.integers()).map(lambda held: tuple(held.items()))),
    lambda inner: st.builds(Message, names, st.dictionaries(names, inner | st.text()).map(
        lambda held: tuple(held.items()))), max_leaves=4)


@given(messages)
def test_a_stored_message_comes_back_the_same(made):
    assert Message.loads(made.dumps()) == Message.from_json(made.to_json()) == made
