"""Strict decoding: no guessed charset, undecodable bytes are marked and counted, mojibake is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.charset import decode
from archive.errors import CharsetError

CHINESE = "商务部发布公告，决定对有关产品实施出口管制。" * 20


def page(charset: str, meta: str | None) -> bytes:
    declared = f'<meta charset="{meta}">' if meta else ""
    return f"<html><head>{declared}</head><p>{CHINESE}</p>".encode(charset)


@pytest.mark.parametrize(
    ("charset", "header", "meta", "read", "disagrees"),
    [
        ("utf-8", "text/html; charset=utf-8", "utf-8", "utf-8", False),
        ("utf-8", "text/html", None, "utf-8", False),
        ("utf-8", "text/html; charset=GBK", "utf-8", "utf-8", True),
        ("gb18030", "text/html; charset=gb2312", None, "gb18030", False),
        ("gb18030", "text/html; charset=utf-8", "gb2312", "gb18030", True),
        ("gb18030", "text/html; charset=utf-8", "utf-8", "gb18030", True),
        ("gb18030", None, None, "gb18030", False),
        ("gb18030", "text/html; charset=ISO-8859-1", None, "gb18030", True),
        ("big5", "text/html; charset=big5", None, "big5", False),
        ("utf-8", "text/html; charset=nonsense", None, "utf-8", True),
        ("utf-8-sig", None, None, "utf-8", False),
        ("gb18030", "text/html; charset=windows-1252", "gb2312", "gb18030", True),
        ("gb18030", "text/html; charset=latin-1", "gbk", "gb18030", True),
        ("gb18030", "text/html; charset=koi8-r", None, "gb18030", True),
        ("gb18030", "text/html; charset=euc-kr", "gb2312", "gb18030", True),
        ("gb18030", "text/html; charset=punycode", "gb2312", "gb18030", True),
    ],
)
def test_the_charset_is_the_one_that_reads_every_byte(charset, header, meta, read, disagrees):
    text = CHINESE if charset != "big5" else "商務部發布公告"
    body = page(charset, meta) if charset != "big5" else text.encode("big5")
    decoded = decode(body, header)
    assert text in decoded.text
    assert decoded.charset == read
    assert bool(decoded.defects) is disagrees


def test_a_stray_byte_is_marked_where_it_stands():
    body = b"<p>Ministry of Commerce" + b"\x92" + f"s notice {CHINESE}</p>".encode()
    decoded = decode(body, "text/html; charset=utf-8")
    assert "Commerce\ufffds notice" in decoded.text
    assert decoded.text.count("\ufffd") == 1


def test_an_english_page_in_latin_1_keeps_its_quotes():
    assert "MOFCOM’s" in decode("<p>MOFCOM’s notice</p>".encode("cp1252"), "text/html; charset=iso-8859-1").text


def test_what_nothing_reads_is_refused():
    with pytest.raises(CharsetError, match="neither UTF-8, GB 18030"):
        decode(bytes(range(128, 256)) * 40, "text/html; charset=utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff")))
def test_utf_8_comes_back_as_it_was(text):
    assert decode(text.encode(), "text/html; charset=gbk").text == text


@given(st.binary(max_size=400), st.sampled_from([None, "text/html; charset=gb2312", "text/html; charset=utf-8", "x"]))
def test_no_bytes_crash_it(body, header):
    try:
        found = decode(body, header).text
    except CharsetError as fault:
        found = str(fault.reason)
    assert isinstance(found, str)
