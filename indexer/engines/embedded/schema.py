"""The Tantivy schema, and documents and checkpoints as Tantivy documents."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain

import tantivy

from archive.messages import Message, message
from indexer.documents.document import Document
from indexer.engines.base import Checkpoint
from indexer.errors import DocumentRefusedError
from indexer.query.model import Filters
from indexer.text.tokens import analyse, spelling_terms

FORMAT = 6  # raise it with every change of the fields or of the tokens that indexer/text makes
CHECKPOINT_ID = "\x00checkpoint"
ANALYZER = "tokens"

TITLE, BODY, WORDS = "title_t", "body_t", "words"
FACET_FIELDS = {"topic": "topics", "org": "organizations", "place": "places", "type": "type", "source": "source",
                "lang": "language"}
MENTION_FIELDS = {"topic": "topics_any", "org": "organizations_any", "place": "places_any"}
"""Fields of the facets that hold, beside what a release is about, what it mentions."""
FAMILY_FIELDS = {"organizations": "organizations_family", "organizations_any": "organizations_any_family"}
"""Fields that hold the parents of organizations too, by those that do not."""
LIVE = "live"  # has the same term in every document and none in the checkpoint

MAX_ID = 255
_DAY_MINUTES = 1440
_SEQ_BITS = 24
_SEQ_END = 1 << _SEQ_BITS
_SECOND = _SEQ_END  # the bit of a sort key that puts a release behind others of the same minute
_U64_END = 1 << 64
_NEVER = (1 << 38) - 1  # later than every minute of a date


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """The checkpoint document: the checkpoint and the format of the index."""

    checkpoint: Checkpoint
    format: int


@cache
def schema() -> tantivy.Schema:
    """The fields. Texts are indexed but not stored: the store has them."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(TITLE, tokenizer_name=ANALYZER, index_option="position")
    builder.add_text_field(BODY, tokenizer_name=ANALYZER, index_option="position")
    builder.add_text_field(WORDS, tokenizer_name=ANALYZER, index_option="basic")
    builder.add_text_field(LIVE, tokenizer_name="raw", index_option="basic")
    for name in (*FACET_FIELDS.values(), *MENTION_FIELDS.values(), *FAMILY_FIELDS.values()):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("newest", "oldest", "seq", "ym", "first_day", "last_day"):
        builder.add_unsigned_field(name, fast=True, indexed=name in ("ym", "first_day", "last_day"))
    builder.add_boolean_field("original", fast=True, indexed=True)
    builder.add_unsigned_field("rev", stored=True)
    builder.add_unsigned_field("format", stored=True)
    for name in ("store_uuid", "token"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def configured(index: tantivy.Index) -> tantivy.Index:
    """The index with our tokenizer registered and reloaded only on demand."""
    index.register_tokenizer(ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    return index


def to_tantivy(document: Document) -> tantivy.Document:
    """The Tantivy document; raises DocumentRefusedError for one that cannot be indexed."""
    try:
        reason = _fault(document)
        if reason is None:
            return _fields(document)
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        reason = message("document_unreadable", error=f"{type(error).__name__}: {error}"[:480])
    raise DocumentRefusedError({document.id: reason})


def to_checkpoint(checkpoint: Checkpoint) -> tantivy.Document:
    """The checkpoint document, in the current format."""
    out = tantivy.Document()
    out.add_text("id", CHECKPOINT_ID)
    out.add_text("store_uuid", checkpoint.store_uuid)
    out.add_text("token", checkpoint.token)
    out.add_unsigned("rev", checkpoint.rev)
    out.add_unsigned("format", FORMAT)
    return out


def from_checkpoint(document: tantivy.Document) -> StoredCheckpoint:
    """Read a checkpoint document of any format."""
    found = document.to_dict()
    token = found.get("token", [""])[0]  # formats before 4 have none
    checkpoint = Checkpoint(str(found["store_uuid"][0]), int(found["rev"][0]), str(token))
    return StoredCheckpoint(checkpoint, int(found["format"][0]))


def _fields(document: Document) -> tantivy.Document:
    heading = document.title if document.number is None else f"{document.title}\n{document.number}"
    title, body = analyse(heading), analyse(document.body)
    out = tantivy.Document()
    out.add_text("id", document.id)
    out.add_text(LIVE, "1")
    out.add_text(TITLE, title.stream)
    out.add_text(BODY, body.stream)
    out.add_text(WORDS, spelling_terms(title.words + body.words))
    out.add_text("source", document.source)
    out.add_text("language", document.language)
    if document.type is not None:
        out.add_text("type", document.type)
    for field, values in _tag_values(document).items():
        for each in dict.fromkeys(values):
            out.add_text(field, each)
    _add_numbers(out, document)
    return out


def _tag_values(document: Document) -> dict[str, tuple[str, ...]]:
    """The values of the fields of topics, organizations and places."""
    organizations = (*document.organizations, *document.mentioned_organizations)
    return {
        "topics": document.topics, "topics_any": (*document.topics, *document.mentioned_topics),
        "places": document.places, "places_any": (*document.places, *document.mentioned_places),
        "organizations": document.organizations, "organizations_any": organizations,
        "organizations_family": (*document.organizations, *document.parent_organizations),
        "organizations_any_family": (*organizations, *document.parent_organizations,
                                     *document.mentioned_parent_organizations)}


def facet_field(facet: str, filters: Filters) -> str:
    """The field of a facet that holds what these filters ask for: mentioned tags too, parents of organizations too."""
    field = MENTION_FIELDS.get(facet, FACET_FIELDS[facet]) if filters.mentions else FACET_FIELDS[facet]
    return field if filters.alone else FAMILY_FIELDS.get(field, field)


def day_number(day: date) -> int:
    """A day as a number in the same order.

    >>> day_number(date(2025, 9, 26))
    20250926
    """
    return day.year * 10000 + day.month * 100 + day.day


def _add_numbers(out: tantivy.Document, document: Document) -> None:
    out.add_unsigned("seq", document.seq)
    out.add_unsigned("rev", document.rev)
    out.add_boolean("original", document.original)
    first, last = document.first_day, document.last_day
    if first is None or last is None:
        _add_times(out, document, 0, _NEVER)
        return
    # A date range is sorted by its first day, so that a release dated by year alone never sorts as new.
    minutes = first.toordinal() * _DAY_MINUTES + (document.minute or 0)
    _add_times(out, document, minutes, minutes)
    out.add_unsigned("ym", first.year * 100 + (first.month if document.month_known else 0))
    out.add_unsigned("first_day", day_number(first))
    out.add_unsigned("last_day", day_number(last))


def _add_times(out: tantivy.Document, document: Document, newest: int, oldest: int) -> None:
    """The sort keys of both orders by date; within one minute originals come first, then `seq` decides."""
    first, second = (_SECOND, 0) if document.original else (0, _SECOND)
    out.add_unsigned("newest", newest << _SEQ_BITS + 1 | first | document.seq)
    out.add_unsigned("oldest", oldest << _SEQ_BITS + 1 | second | document.seq)


def _fault(document: Document) -> Message | None:
    """Why an id, number, date or facet value cannot be indexed, None where all can; any text can."""
    if not is_usable_id(document.id):
        return message("document_id", most=MAX_ID)
    if not (0 <= document.seq < _SEQ_END and 0 <= document.rev < _U64_END):
        return message("document_beyond_engine", seq=document.seq, rev=document.rev, most=_SEQ_END)
    first, last = document.first_day, document.last_day
    if (first is None) != (last is None) or (first and last and first > last):
        return message("document_days", first=str(first), last=str(last))
    if document.minute is not None and not 0 <= document.minute < _DAY_MINUTES:
        return message("document_minute", minute=document.minute)
    types = () if document.type is None else (document.type,)
    for name in (document.source, document.language, *types, *chain.from_iterable(_tag_values(document).values())):
        if not name or len(name) > MAX_ID or not _is_utf8(name):
            return message("document_facet", name=f"{name!r:.80}", most=MAX_ID)
    return None


def is_usable_id(identity: str) -> bool:
    """True for an id that can be looked up."""
    return 0 < len(identity) <= MAX_ID and "\x00" not in identity and _is_utf8(identity)


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)
