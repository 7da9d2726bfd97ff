"""Recorded pages of `tests/crawler/pages`, one folder per source, each with its expected article as JSON.

A page with the comment RECONSTRUCTION was made for the project; any other page is genuine: the bytes as a site sent
them, in any charset. The JSON is what `gongbao read --json` prints; it may also have the time of the capture,
`fetched_at`, for a layout that ends on a day. The reconstructions of sources in the demo are `ALTERABLE`: tests put
other titles, texts and dates in them.
"""

import json
import re
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

from archive.charset import Decoded, decode
from archive.records import Article, Capture, Unreadable
from crawler.reader import read_capture
from demo.samples import sampled_sources

FOLDER = Path(__file__).resolve().parents[1] / "crawler" / "pages"
MARKER = "RECONSTRUCTION"
PAGES = sorted(path for path in FOLDER.glob("*/*.html") if path.with_suffix(".json").exists())
RECONSTRUCTIONS = [path for path in PAGES if MARKER.encode() in path.read_bytes()]
ALTERABLE = [path for path in RECONSTRUCTIONS if path.parent.name in {each.id for each in sampled_sources()}]
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
# For the other pages: late enough for any date to be possible.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def html(path: Path) -> str:
    return _decoded(path).text


def _decoded(path: Path) -> Decoded:
    return decode(path.read_bytes(), None)


def expected(path: Path) -> dict[str, Any]:
    """The fields of the article."""
    return {key: value for key, value in _json(path).items() if key not in ("file", "fetched_at")}


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def _fetched_at(path: Path) -> datetime:
    at = _json(path).get("fetched_at")
    return datetime.fromisoformat(at) if at else FETCHED if path in ALTERABLE else LATER


def capture(path: Path, source: str | None = None) -> Capture:
    """The page as it was captured, or with another source text, sent in the page's charset."""
    url, at, charset = expected(path)["url"], _fetched_at(path), _decoded(path).charset
    if source is None:
        return Capture(url, path.read_bytes(), at)
    return Capture(url, source.encode(charset), at, f"text/html; charset={charset}")


def read(path: Path, source: str | None = None) -> Article | Unreadable:
    return read_capture(capture(path, source))


def with_body(path: Path, *paragraphs: str) -> str:
    """The page with another text: these paragraphs in the places of the first ones, nothing in the others."""
    old = dict.fromkeys(expected(path)["body"].split("\n"))
    new = dict(zip(old, [*paragraphs, *[""] * len(old)], strict=False))
    forms = (r"\s+".join(map(re.escape, escape(each, quote=False).split(" "))) for each in sorted(old, key=len)[::-1])
    pattern = re.compile(rf"(?<=[>;])\s*(?:{'|'.join(forms)})\s*(?=<)")
    source, count = pattern.subn(lambda match: new[unescape(" ".join(match[0].split()))], html(path))
    assert count >= len(old)
    return source


def with_title(path: Path, source: str, title: str) -> str:
    """The page source with another title in every place of its own."""
    return source.replace(escape(expected(path)["title"], quote=False), title)
