"""The commands of the indexer; each loads what it needs when it is called."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from archive.settings import from_environment
from indexer.settings import IndexerSettings

if TYPE_CHECKING:
    from indexer.documents.document import StoredDocument


@click.command()
@click.option("--rebuild", is_flag=True, help="Make the index anew from the store; searches go on meanwhile.")
def index(rebuild: bool) -> None:
    """Make what was read searchable: new, changed and vanished releases go into the index.

    After an update of the program that reads better, or knows more sources, the captures it is about are read again
    first. What cannot be loaded of them is named in a line each, and the command then ends with exit code 1.
    """
    from archive.db.store import Store
    from archive.times import utc_now
    from indexer import sync
    from indexer.vocabulary.loader import load

    settings = from_environment(IndexerSettings, os.environ)
    with Store.open(settings, make=False) as store:
        changes = sync.update_documents(store, load(), utc_now())
        (sync.rebuild if rebuild else sync.update_index)(store, settings)
    made = "index rebuilt; " if rebuild else ""
    click.echo(f"{made}{changes.new} new, {changes.changed} changed, {changes.gone} gone, rev {changes.rev}")


# What begins with a hyphen and is no option of ours is left out of the search: -汽车 -hydrogen.
@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("words", metavar="WORDS...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of text.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 1000), help="Releases to print.")
def search(words: tuple[str, ...], as_json: bool, limit: int) -> None:
    """Search the archive as the site does: all words must be found, "quoted" ones as they stand.

    A shell takes the quotes of a phrase away: put it all in other ones, as in '"trade in services" -soybeans'.
    """
    mistyped = next((each for each in words if each.startswith("--")), "")
    if mistyped:
        raise click.NoSuchOption(mistyped)
    total, found = _found(" ".join(words), limit)
    for each in found:
        click.echo(json.dumps(each, ensure_ascii=False) if as_json else _line(each))
    if not as_json:
        click.echo(f"{len(found)} of {total}")


def _found(words: str, limit: int) -> tuple[int, Sequence[Mapping[str, Any]]]:
    from archive.db.store import Store
    from indexer.engines.factory import open_engine
    from indexer.query.model import Query
    from indexer.query.parser import parse
    from indexer.store import documents_by_id

    settings = from_environment(IndexerSettings, os.environ)
    with Store.open(settings, readonly=True) as store:
        engine = open_engine(settings, writable=False)
        try:
            answer = engine.search(Query(parse(words)), limit=limit)
        finally:
            engine.close()
        with store.read() as connection:
            documents = documents_by_id(connection, (hit.id for hit in answer.hits))
    return answer.total, [_summary(each) for each in documents.values()]


def _summary(found: "StoredDocument") -> Mapping[str, Any]:
    from indexer.documents.document import is_original

    return {"id": found.id, "title": found.title, "published": found.published.value,
            "precision": found.published.precision, "source": found.source, "language": found.language,
            "number": found.article.number, "original": is_original(found.article), "url": found.url}


def _line(found: Mapping[str, Any]) -> str:
    day = (found["published"] or "undated")[:10]
    copied = "" if found["original"] else "  (not on its publisher's own site)"
    return f"{day:10}  {found['source']}  {found['title']}{copied}\n{'':12}{found['url']}"


COMMANDS: list[click.Command] = [index, search]
