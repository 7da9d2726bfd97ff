"""SQL tables: pages, frontier, lists, captures, WARC files, articles, quarantine, rejects, runs, metadata.

Times are ISO 8601 text in UTC ("2026-11-21T03:33:00Z"): they sort as text on every database.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.engine.interfaces import Dialect

from archive.messages import Message

METADATA = MetaData()


class MessageText(TypeDecorator[Message]):
    """A text column of messages: JSON, or a plain sentence where an older version wrote the row."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Message | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text to store for a message."""
        return value.dumps() if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Message | None:  # noqa: ARG002
        """The message of a stored text."""
        return Message.loads(value) if value is not None else None


# Key-value metadata: store_uuid and created_at (written once, with the store), read_by.
metadata = Table(
    "facts", METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Counters, incremented under the writer's lock: next_seq, next_rev.
counters = Table(
    "counters", METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)

# One URL at a source. `source` is None for pages of no source (robots.txt, other hosts). `public_id` is the hash of
# `urlkey`, which can be too long for an index: look pages up with `is_page` and `select_pages` of archive/db/store.py.
pages = Table(
    "pages", METADATA,
    Column("id", Integer, primary_key=True),
    Column("urlkey", Text, nullable=False),
    Column("public_id", String(16), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("source", String(64), index=True),
    Column("first_seen", String(32), nullable=False),
)

# One response in a WARC file. `status` is None for a page saved without its HTTP header. `kind` is the WARC record's
# type (response, resource, revisit); a revisit has no body: `repeats` is the capture that has it. `time_doubtful` if
# `fetched_at` was in the future once: see `archive.db.frontier.mark_doubtful_times`.
captures = Table(
    "captures", METADATA,
    Column("id", Integer, primary_key=True),
    Column("record_id", Text, nullable=False, unique=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("fetched_at", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("status", Integer),
    Column("content_type", Text),
    Column("digest", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("provenance", Text, nullable=False),
    Column("repeats", Integer, ForeignKey("captures.id")),
    Column("warc_file", Text, nullable=False),
    Column("warc_offset", Integer, nullable=False),
    Column("warc_length", Integer, nullable=False),
    Column("time_doubtful", Boolean),
)

# A WARC file, by its final name, up to the byte up to which its captures are in `captures`: what is behind it is not
# catalogued. `provenance` is that of the captures that follow, unless a warcinfo record says otherwise.
warc_files = Table(
    "warc_files", METADATA,
    Column("name", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("provenance", Text, nullable=False),
)

# The content of a capture. Re-reading changes the row in place, so that documents keep pointing to it.
articles = Table(
    "articles", METADATA,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False, index=True),
    Column("capture_id", Integer, ForeignKey("captures.id"), nullable=False, unique=True),
    Column("source", String(64), nullable=False, index=True),
    Column("layout", Text, nullable=False),
    Column("reader", Integer, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("published", String(32)),
    Column("precision", String(8), nullable=False),
    Column("facts", JSON, nullable=False),  # Article.to_dict() without title and body
    sqlite_autoincrement=True,
)

# Pages whose articles changed after their document was made, queued in the transaction that changes them. A page that
# changes again gets a new `id`: whoever read its articles under the old one knows that they are outdated. `captured_at`
# is the time of its newest article, '' without one: documents are made in this order.
changed_pages = Table(
    "changed_pages", METADATA,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, nullable=False, unique=True),
    Column("captured_at", String(32), nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_changed_pages_order", changed_pages.c.captured_at, changed_pages.c.page_id)

# A capture of a release's URL that could not be read as an article.
quarantine = Table(
    "quarantine", METADATA,
    Column("capture_id", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False, index=True),
    Column("source", String(64), index=True),
    Column("reader", Integer, nullable=False),
    Column("reason", MessageText, nullable=False),
    Column("tried", JSON, nullable=False),
)

# The contents of a page at its source: its first capture, and each later one that one reader version reads differently.
revisions = Table(
    "revisions", METADATA,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False),
    Column("capture_id", Integer, ForeignKey("captures.id"), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("captured_at", String(32), nullable=False),
    UniqueConstraint("page_id", "capture_id", name="uq_revisions_page_capture"),
)

# One list of a source and how far it was read; see `crawler.spiders.list_walk`. `position` is the last page read of an
# unfinished reading to the end, `page_count` the number of pages that the list said it has. `fault` is the message
# of the last run that could not read on, `failing_since` the time of the first such run in a row. A URL can be too long
# for an index; `archive.db.listings.listing_id` inserts each once, under the writer's lock.
listings = Table(
    "listings", METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("read_at", String(32)),
    Column("covered_at", String(32)),
    Column("position", Integer),
    Column("end", String(16)),
    Column("ended_at", String(32)),
    Column("end_seen_at", String(32)),
    Column("page_count", Integer),
    Column("anchors", JSON),
    Column("fault", MessageText),
    Column("failing_since", String(32)),
)

# The frontier: every release that a list named, from before it is asked for. `state` and `outcome`: see
# `archive.answers`. `due_at` is the one schedule of first request, retry and revisit, None for never.
frontier = Table(
    "frontier", METADATA,
    Column("page_id", Integer, ForeignKey("pages.id"), primary_key=True, autoincrement=False),
    Column("source", String(64), nullable=False),
    Column("listing_id", Integer, ForeignKey("listings.id")),
    Column("listed_at", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("attempts", Integer, nullable=False),
    Column("asked_at", String(32)),
    Column("due_at", String(32)),
    Column("missing_since", String(32)),
    Column("alias_of", Integer, ForeignKey("pages.id")),
)

# A host that sent the crawler away, and the time until which it is left alone.
resting_hosts = Table(
    "resting_hosts", METADATA,
    Column("host", String(255), primary_key=True),
    Column("until", String(32), nullable=False),
    Column("times", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
)

# One crawl of one source; `reasons` holds messages as JSON. `verdict` is running, healthy, limited (by an option of the
# crawl), short (below Expect) or failed. `live` is False on a replica.
runs = Table(
    "runs", METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", String(64), nullable=False, index=True),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("verdict", String(16), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
)

# A capture in a WARC file whose row the database refuses, with the database's reason. `gongbao index` tries it again.
rejects = Table(
    "rejects", METADATA,
    Column("id", Integer, primary_key=True),
    Column("record_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("fetched_at", String(32), nullable=False),
    Column("digest", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("warc_file", Text, nullable=False),
    Column("warc_offset", Integer, nullable=False),
    Column("warc_length", Integer, nullable=False),
    Column("reason", MessageText, nullable=False),
    Column("rejected_at", String(32), nullable=False),
    UniqueConstraint("warc_file", "warc_offset", name="uq_rejects_record"),
)

Index("ix_frontier_source_state_due", frontier.c.source, frontier.c.state, frontier.c.due_at)

# Order of captures, the newest first; those of a doubtful time come last.
NEWEST_FIRST = (func.coalesce(captures.c.time_doubtful, false()), captures.c.fetched_at.desc(), captures.c.id.desc())
