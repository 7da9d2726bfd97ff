"""`gongbao read`: what captures say, printed and not stored."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.capture import Capture
from crawler.errors import ImportFault
from crawler.extract.article import Article, Unreadable
from crawler.urls import urlkey

if TYPE_CHECKING:
    from crawler.extract.links import Link
    from crawler.warc.folders import Saved
    from crawler.warc.framing import Record

# What a file or record gives: a capture, the address and state of a damaged one, or no capture at all.
Input = Capture | tuple[str, Unreadable] | ImportFault


@click.command("read")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@click.option("--url", help="The address of the one file that is read.")
@click.option("--fetched-at", help="When that file was saved, as 2025-09-27T14:39:31+08:00; without a zone it is UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, every field with its evidence.")
def read(paths: tuple[Path, ...], url: str | None, fetched_at: str | None, *, as_json: bool) -> None:
    """Read captures and print what they say; nothing is stored.

    PATH is a saved page (with --url), a folder with an index.csv (columns file,url and perhaps fetched_at), a WARC
    file, or a folder of them. An article is printed with its fields, a list with its links, anything else with the
    reason why it cannot be read. Places that hold no capture at all are named on stderr; the command then ends with
    exit code 1.
    """
    faults = 0
    for file, found in _captures(paths, url, fetched_at):
        if isinstance(found, ImportFault):
            click.echo(f"gongbao: {found}", err=True)
            faults += 1
            continue
        said = _said(file, found) if isinstance(found, Capture) else _unreadable(file, *found)
        click.echo(json.dumps(said, ensure_ascii=False) if as_json else _told(said))
    if faults:
        raise SystemExit(1)


def _captures(paths: tuple[Path, ...], url: str | None, fetched_at: str | None
              ) -> Iterator[tuple[str, Input]]:
    from crawler.importing import one_page
    from crawler.warc.folders import saved_pages

    if url is None and fetched_at is not None:
        raise click.UsageError("--fetched-at belongs to --url; in a folder the index.csv says when pages were saved")
    if url is not None:
        yield from _saved(iter([one_page(paths, url, fetched_at)]))
        return
    for path in paths:
        if os.path.exists(path / "index.csv"):
            yield from _saved(saved_pages(path))
        elif os.path.isdir(path):  # False also where it may not look, which reading the file then says
            yield from _warcs(path)
        else:
            yield from _warc(path)


def _saved(pages: "Iterator[Saved | ImportFault]") -> Iterator[tuple[str, Capture | ImportFault]]:
    for page in pages:
        if isinstance(page, ImportFault):
            yield "", page
            continue
        try:
            body = page.path.read_bytes()
        except OSError as error:
            yield "", ImportFault(f"{page.path} cannot be read: {error.strerror}")
            continue
        yield str(page.path), Capture(page.url, body, page.fetched_at or datetime.now(UTC))


def _warcs(folder: Path) -> Iterator[tuple[str, Input]]:
    from crawler.warc.folders import warcs_in

    for each in warcs_in(folder):
        if isinstance(each, ImportFault):
            yield "", each
        else:
            yield from _warc(each)


def _warc(path: Path) -> Iterator[tuple[str, Input]]:
    from crawler.warc.framing import read_warc

    for record in read_warc(path):
        found = record if isinstance(record, ImportFault) else _of_record(path, record)
        if found is not None:
            yield str(path), found


def _of_record(path: Path, record: "Record") -> Input | None:
    from crawler.warc.entries import address_of, capture_of, is_capture

    if not is_capture(record) or record.kind == "revisit":
        return None
    try:
        found = capture_of(record)
        return (address_of(record), found) if isinstance(found, Unreadable) else found
    except ImportFault as fault:
        return ImportFault(f"{path} at offset {record.offset}: {fault}")


def _said(file: str, capture: Capture) -> dict[str, Any]:
    """The capture's article, links or fault as JSON-ready data."""
    from crawler.reading import read_capture, read_list

    listed = read_list(capture)
    if listed:
        source, links = listed
        return {"file": file, "source": source.id, "url": capture.url, "urlkey": urlkey(capture.url), "layout": "list",
                "links": [*map(_link, links)]}
    found = read_capture(capture)
    if isinstance(found, Article):
        return {"file": file, **found.to_dict()}
    return _unreadable(file, capture.url, found)


def _unreadable(file: str, url: str, why: Unreadable) -> dict[str, Any]:
    return {"file": file, "url": url, "unreadable": why.reason, "tried": list(why.tried)}


def _link(link: "Link") -> dict[str, Any]:
    stamp = link.published
    return {"url": link.url, "title": link.title, "date": stamp.value if stamp else None, "category": link.category,
            "published": asdict(stamp) if stamp else None}


def _told(said: dict[str, Any]) -> str:
    """The same for a person, in a few lines."""
    if "unreadable" in said:
        tried = "".join(f"\n    tried {each}" for each in said["tried"])
        return f"{said['file']}\n  {said['url']}\n  unreadable: {said['unreadable']}{tried}"
    if "links" in said:
        lines = [f"  {each['date'] or 'undated':<10}  {each['title'] or each['url']}" for each in said["links"]]
        head = f"{said['file']}\n  {said['url']}\n  list of {said['source']}, {len(lines)} releases"
        return "\n".join([head, *lines])
    stamp = said["published"]
    places = [each["place"] for each in stamp["evidence"]]
    taken, others = (places[:1], places[1:]) if stamp["value"] else ([], places)
    where = "; ".join([*taken, *([f"not taken: {', '.join(others)}"] if others else [])])
    when = f"{stamp['value'] or 'undated'}{f' ({where})' if where else ''}"
    facts = [f"{name.replace('_', ' ')}: {said[name]}" for name in ("number", "source_label", "author") if said[name]]
    files = [f"attachment: {each['url']}" for each in said["attachments"]]
    head = f"{said['source']} · {said['layout']} · {said['language']} · {len(said['body'])} characters"
    return "\n  ".join([said["file"], said["url"], said["title"], f"{when} · {head}", *facts, *files])
