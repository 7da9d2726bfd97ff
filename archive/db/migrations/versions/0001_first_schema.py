"""First schema: all tables of the archive and of the indexer.

A released migration is never edited, so it repeats the tables as they were instead of importing them.
"""

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

METADATA = MetaData()

Table(
    "facts", METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
Table(
    "pages", METADATA,
    Column("id", Integer, primary_key=True),
    Column("urlkey", Text, nullable=False, unique=True),
    Column("public_id", String(16), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("source", String(64), index=True),
    Column("first_seen", String(32), nullable=False),
)
Table(
    "captures", METADATA,
    Column("id", Integer, primary_key=True),
    Column("record_id", Text, nullable=False, unique=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("fetched_at", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("status", Integer),
    Column("content_type", Text),
    Column("digest", String(80), nullable=False),
    Column("length", Integer, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("provenance", Text, nullable=False),
    Column("repeats", Integer, ForeignKey("captures.id")),
    Column("warc_file", Text, nullable=False),
    Column("warc_offset", Integer, nullable=False),
    Column("warc_length", Integer, nullable=False),
)
Table(
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
    Column("facts", JSON, nullable=False),
    sqlite_autoincrement=True,
)
Table(
    "quarantine", METADATA,
    Column("capture_id", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False, index=True),
    Column("source", String(64), index=True),
    Column("reader", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tried", JSON, nullable=False),
)
Table(
    "revisions", METADATA,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("pages.id"), nullable=False),
    Column("capture_id", Integer, ForeignKey("captures.id"), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("captured_at", String(32), nullable=False),
    UniqueConstraint("page_id", "capture_id", name="uq_revisions_page_capture"),
)
Table(
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
Index("ix_captures_digest", METADATA.tables["captures"].c.page_id, METADATA.tables["captures"].c.digest)
Table(
    "documents", METADATA,
    Column("id", String(16), primary_key=True),
    Column("page_id", Integer, nullable=False, unique=True),
    Column("article_id", Integer, nullable=False, unique=True),
    Column("seq", Integer, nullable=False, unique=True),
    Column("rev", Integer, nullable=False, unique=True),
    Column("cause", String(32), nullable=False),
    Column("added_at", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
    Column("capture_id", Integer, nullable=False),
    Column("reader", Integer, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("details", String(64), nullable=False),
    Column("tags", JSON, nullable=False),
)
Table(
    "tombstones", METADATA,
    Column("id", String(16), primary_key=True),
    Column("rev", Integer, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
    Column("added_at", String(32), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
)
Table(
    "relations", METADATA,
    Column("id", Integer, primary_key=True),
    Column("document_id", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("urlkey", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    UniqueConstraint("document_id", "kind", "urlkey", name="uq_relations"),
)
Index("ix_relations_urlkey", METADATA.tables["relations"].c.urlkey)
Table(
    "counters", METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)


def upgrade() -> None:
    """Create every table and index."""
    METADATA.create_all(op.get_bind(), checkfirst=False)
