"""Commands of the indexer. Imports are local: `gongbao --help` must not load engine and vocabulary."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from archive.options import WholeNumber
from archive.output import echo
from archive.settings import ArchiveSettings, from_environment
from archive.text import counted
from indexer.settings import IndexerSettings

if TYPE_CHECKING:
    from archive.db.store import Store
    from archive.ingest.catalog import Follow
    from indexer.documents.document import StoredDocument
    from indexer.query.arguments import Problem
    from indexer.query.facet_terms import KnownValues
    from indexer.query.model import Query

    # Brings the captures of a store up to date; returns the number of faults.
    Prepare = Callable[[Store, ArchiveSettings, Follow], int]


@click.command()
@click.option("--rebuild", is_flag=True,
              help="Build a new index from the store and replace the old one; searches continue meanwhile.")
@click.option("--from-files", is_flag=True,
              help="Look through every WARC file and capture for rows, articles, documents and named releases that the "
                   "store lost; without a store, make one of them.")
@click.option("--dry-run", is_flag=True,
              help="Print how the tags of documents would change, with samples; write nothing.")
def index(rebuild: bool, from_files: bool, dry_run: bool, prepare: "Prepare | None" = None) -> None:
    """Bring documents and search index up to date.

    New releases are added, changed ones replaced, vanished ones removed. WARC files that the store does not know are
    catalogued first. After an update of the readers, or a new source, its captures are re-read. Each capture that
    cannot be loaded is reported on stderr; the exit code is then 1. An index that does not belong to the store, as
    after restoring a copy, is made anew, and a line says so.

    Another vocabulary tags every document again. --dry-run shows beforehand what that changes.
    """
    if dry_run:
        _print_retagging(writes=rebuild or from_files)
        return
    from archive.data_folder import holds_captures
    from archive.db.store import Store
    from archive.times import utc_now
    from indexer import sync
    from indexer.vocabulary.loader import load

    settings = from_environment(IndexerSettings, os.environ)
    with Store.open(settings, make=from_files and holds_captures(settings.data)) as store:
        stale = sync.why_stale(store, settings)
        if stale and not rebuild:
            echo(f"the search index is made anew: {stale}", err=True)
        if from_files:
            _look_at_everything(store)
        update = sync.DocumentUpdate(store, load(), utc_now())
        faults = prepare(store, settings, update.follow) if prepare else 0
        changes = update.run()
        (sync.rebuild if rebuild or stale else sync.update_index)(store, settings)
        _report_refused(store)
    made = "index rebuilt; " if rebuild or stale else ""
    click.echo(f"{made}{changes.new} new, {changes.changed} changed, {changes.gone} gone, rev {changes.rev}")
    if faults:
        raise SystemExit(1)


def _print_retagging(*, writes: bool) -> None:
    """Print the changes of tags that the next update would make; refused beside an option that `writes`."""
    if writes:
        raise click.UsageError("--dry-run writes nothing: leave out --rebuild and --from-files.")
    from archive.db.store import Store
    from indexer.documents.retagging import preview
    from indexer.vocabulary.loader import load

    settings = from_environment(IndexerSettings, os.environ)
    with Store.open(settings, readonly=True) as store:
        found = preview(store, load())
    click.echo("\n".join(found.lines()))


def _look_at_everything(store: "Store") -> None:
    """Forget what is known to be done, so that the steps of the command find what is not."""
    from archive.ingest.reread import forget_progress
    from indexer.document_rows import queue_undocumented

    with store.begin() as connection:
        forget_progress(connection)
        queue_undocumented(connection)


def _report_refused(store: "Store") -> None:
    """One line on stderr if documents are missing from the index that the engine refused before."""
    from indexer.document_rows import count_refused

    with store.read() as connection:
        refused = count_refused(connection)
    if refused:
        echo(f"gongbao: {counted(refused, 'document')} not searchable, refused by the search "
             "engine; /status says why", err=True)


class _WordsCommand(click.Command):
    """A command whose words may begin with a hyphen: -h alone asks for help, -hydrogen is a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = args[:args.index("--")] if "--" in args else args
        return super().parse_args(ctx, ["--help" if each == "-h" else each for each in options] + args[len(options):])


# Words that begin with a hyphen and are no option exclude: -汽车 -hydrogen.
@click.command(cls=_WordsCommand, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("words", metavar="[WORDS]...", nargs=-1)
@click.option("--topic", metavar="ID", multiple=True, help="Only releases on this topic; repeatable.")
@click.option("--org", metavar="ID", multiple=True, help="Only releases in which this organization acts; repeatable.")
@click.option("--place", metavar="ID", multiple=True, help="Only releases about this place or one in it; repeatable.")
@click.option("--type", metavar="ID", multiple=True, help="Only releases of this kind (announcement); repeatable.")
@click.option("--source", metavar="ID", multiple=True, help="Only releases of this source; repeatable.")
@click.option("--lang", metavar="LANG", multiple=True, help="Only releases in this language, en or zh; repeatable.")
@click.option("--from", metavar="DATE", help="Only releases of this year, month or day and later.")
@click.option("--to", metavar="DATE", help="Only releases of this year, month or day and earlier.")
@click.option("--mentions", is_flag=True,
              help="Topics, organizations and places count also where a release only mentions them.")
@click.option("--alone", is_flag=True, help="Organizations count without their companies and departments.")
@click.option("--all", metavar="FACET", multiple=True,
              help="All values of this facet must match, not any: topic, org or place; repeatable.")
@click.option("--sort", metavar="ORDER", help="The order: relevance, newest, oldest or added.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of text.")
@click.option("--limit", default=10, show_default=True, type=WholeNumber(1, 1000), help="Releases to print.")
def search(words: tuple[str, ...], as_json: bool, limit: int, **filters: str | bool | tuple[str, ...] | None) -> None:
    """Search the archive in the terminal.

    All words must match; "quoted" text matches as a phrase; a word after a hyphen is excluded. The shell removes
    quotation marks, so quote the whole query once more: '"trade in services" -soybeans'. Words may be left out where
    an option filters. An id that does not exist is answered with the one that it resembles, or with all ids.
    """
    mistyped = next((each for each in words if each.startswith("--")), "")
    if mistyped:
        raise click.NoSuchOption(mistyped)
    if not words and not any(filters.values()):
        raise click.UsageError("Missing argument 'WORDS...'; give words, or a filter such as --topic.")
    total, found = _found(_query(words, filters), limit)
    for each in found:
        click.echo(json.dumps(each, ensure_ascii=False) if as_json else _line(each))
    if not as_json:
        click.echo(f"{len(found)} of {total}")


class _Arguments(dict[str, list[str]]):
    """Command-line options by the names of URL parameters."""

    def getlist(self, key: str) -> list[str]:
        """Every value of an argument, in order."""
        return self.get(key, [])


def _query(words: Sequence[str], filters: Mapping[str, str | bool | tuple[str, ...] | None]) -> "Query":
    """The Query of the command line; raises UsageError with one line for each invalid value."""
    from indexer.query.arguments import SWITCHED_ON, ArgumentError, read_search

    arguments = _Arguments(q=[" ".join(words)])
    for name, value in filters.items():
        if isinstance(value, tuple):
            arguments[name] = list(value)
        elif value:
            arguments[name] = [SWITCHED_ON if value is True else str(value)]
    try:
        _, query = read_search(arguments, _known_values())
    except ArgumentError as error:
        lines = (f"{'WORDS' if each.parameter == 'q' else f'--{each.parameter}'}: {_explained(each)}"
                 for each in error.problems)
        raise click.UsageError("\n".join(lines)) from error
    return query


def _explained(problem: "Problem") -> str:
    """The message of a problem; for an unknown id that resembles none, with all ids."""
    listed = ("unknown_topic", "unknown_org", "unknown_source")
    known = f" Known are {', '.join(_known_values()[problem.parameter])}." if problem.message.code in listed else ""
    return f"{problem.message}{known}"


def _known_values() -> "KnownValues":
    from crawler.source import all_sources
    from indexer.vocabulary.entry import LANGUAGES
    from indexer.vocabulary.loader import load

    vocabulary = load()
    return {"topic": vocabulary.topics, "org": vocabulary.organizations,
            "place": vocabulary.places, "type": vocabulary.types,
            "source": [each.id for each in all_sources()], "lang": LANGUAGES}


def _found(query: "Query", limit: int) -> tuple[int, Sequence[Mapping[str, Any]]]:
    from archive.db.store import Store
    from indexer.document_rows import documents_by_id
    from indexer.engines.factory import open_engine

    settings = from_environment(IndexerSettings, os.environ)
    with Store.open(settings, readonly=True) as store:
        engine = open_engine(settings, writable=False)
        try:
            answer = engine.search(query, limit=limit)
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
