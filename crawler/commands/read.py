"""`gongbao read`: print the articles and lists that captures hold, without storing them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.errors import ImportFault
from archive.messages import Message
from archive.records import Article, Capture, Unreadable
from archive.urls import urlkey
from crawler.commands.import_ import inputs_or_usage_error

if TYPE_CHECKING:
    from archive.ingest.inputs import Input, SavedPage
    from archive.warc.parser import Record
    from crawler.extract.links import Link

# A capture; URL and reason of one that cannot be decoded; or the fault of an input without captures.
Content = Capture | tuple[str, Unreadable] | ImportFault


@click.command("read")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@click.option("--url", help="The address of the one file that is read.")
@click.option("--fetched-at", help="When that file was saved, as 2025-09-27T14:39:31+08:00; without a zone it is UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, every field with its evidence.")
def read(paths: tuple[Path, ...], url: str | None, fetched_at: str | None, *, as_json: bool) -> None:
    """Print what the readers find in captures; nothing is stored.

    PATH is a saved page (with --url), a folder with an index.csv (columns file,url and perhaps fetched_at), a WARC
    file, or a folder of them. An article is printed with its fields, a list with its links, anything else with the
    reason why it cannot be read. Places that hold no capture at all are named on stderr; the command then ends with
    exit code 1.
    """
    faults = 0
    for each in inputs_or_usage_error(paths, url, fetched_at):
        for file, content in _contents(each):
            if isinstance(content, ImportFault):
                click.echo(f"gongbao: {content}", err=True)
                faults += 1
                continue
            result = _result(file, content) if isinstance(content, Capture) else _unreadable(file, *content)
            click.echo(json.dumps(result, ensure_ascii=False) if as_json else _as_text(result))
    if faults:
        raise SystemExit(1)


def _contents(each: "Input") -> Iterator[tuple[str, Content]]:
    """File name and content of every capture of an input."""
    if isinstance(each, ImportFault):
        yield "", each
    elif isinstance(each, Path):
        yield from _warc(each)
    else:
        yield str(each.path), _saved_page(each)


def _saved_page(page: "SavedPage") -> Content:
    try:
        return Capture(page.url, page.path.read_bytes(), page.fetched_at or datetime.now(UTC))
    except OSError as error:
        return ImportFault(f"{page.path} cannot be read: {error.strerror}")


def _warc(path: Path) -> Iterator[tuple[str, Content]]:
    from archive.warc.parser import read_warc

    for record in read_warc(path):
        content = record if isinstance(record, ImportFault) else _record_content(path, record)
        if content is not None:
            yield str(path), content


def _record_content(path: Path, record: "Record") -> Content | None:
    from archive.ingest.from_warc import capture_of, is_capture

    if not is_capture(record) or record.kind == "revisit":
        return None
    try:
        found = capture_of(record)
        return (record.target_uri, found) if isinstance(found, Unreadable) else found
    except ImportFault as fault:
        return ImportFault(f"{path} at offset {record.offset}: {fault}")


def _result(file: str, capture: Capture) -> dict[str, Any]:
    """The article, links or fault of a capture, as JSON-ready data."""
    from crawler.reader import read_capture, read_list

    listed = read_list(capture)
    if listed:
        source, links = listed
        return {"file": file, "source": source.id, "url": capture.url, "urlkey": urlkey(capture.url), "layout": "list",
                "links": [*map(_link, links)]}
    found = read_capture(capture)
    if isinstance(found, Article):
        return {"file": file, **found.to_dict()}
    return _unreadable(file, capture.url, found)


def _unreadable(file: str, url: str, fault: Unreadable) -> dict[str, Any]:
    return {"file": file, "url": url, "unreadable": str(fault.reason), "reason": fault.reason.to_json(),
            "tried": list(fault.tried)}


def _link(link: "Link") -> dict[str, Any]:
    stamp = link.published
    return {"url": link.url, "title": link.title, "date": stamp.value if stamp else None, "category": link.category,
            "published": stamp.to_dict() if stamp else None}


def _as_text(result: dict[str, Any]) -> str:
    """A result of `_result` as a few lines of text."""
    if "unreadable" in result:
        tried = "".join(f"\n    tried {each}" for each in result["tried"])
        return f"{result['file']}\n  {result['url']}\n  unreadable: {result['unreadable']}{tried}"
    if "links" in result:
        lines = [f"  {each['date'] or 'undated':<10}  {each['title'] or each['url']}" for each in result["links"]]
        head = f"{result['file']}\n  {result['url']}\n  list of {result['source']}, {len(lines)} releases"
        return "\n".join([head, *lines])
    stamp = result["published"]
    places = [str(Message.from_json(each["place"])) for each in stamp["evidence"]]
    taken, others = (places[:1], places[1:]) if stamp["value"] else ([], places)
    where = "; ".join([*taken, *([f"not taken: {', '.join(others)}"] if others else [])])
    when = f"{stamp['value'] or 'undated'}{f' ({where})' if where else ''}"
    facts = [f"{name.replace('_', ' ')}: {result[name]}" for name in ("number", "source_label", "author")
             if result[name]]
    files = [f"attachment: {each['url']}" for each in result["attachments"]]
    head = f"{result['source']} · {result['layout']} · {result['language']} · {len(result['body'])} characters"
    return "\n  ".join([result["file"], result["url"], result["title"], f"{when} · {head}", *facts, *files])
