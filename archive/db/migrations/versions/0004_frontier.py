"""Frontier: releases that lists named, the lists themselves, hosts that are left alone.

Pages that crawls captured before enter as read or unreadable. Lists start without memory: the next crawl reads each
to its end, and so finds what earlier versions of the program lost.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from alembic import op
from sqlalchemy import JSON, Column, ForeignKey, Integer, MetaData, String, Table, Text, insert, text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

METADATA = MetaData()
Table("pages", METADATA, Column("id", Integer, primary_key=True))
LISTINGS = Table(
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
    Column("fault", Text),
    Column("failing_since", String(32)),
)
FRONTIER = Table(
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
RESTING_HOSTS = Table(
    "resting_hosts", METADATA,
    Column("host", String(255), primary_key=True),
    Column("until", String(32), nullable=False),
    Column("times", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
)

CAPTURED = text("""
    SELECT pages.id, pages.source, pages.first_seen, max(captures.fetched_at) AS asked_at,
           (SELECT max(articles.published) FROM articles WHERE articles.page_id = pages.id) AS published,
           (SELECT count(*) FROM articles WHERE articles.page_id = pages.id) AS articles
    FROM pages JOIN captures ON captures.page_id = pages.id
    WHERE pages.source IS NOT NULL AND captures.provenance IN ('crawl', 'replica')
      AND (EXISTS (SELECT 1 FROM articles WHERE articles.page_id = pages.id)
           OR EXISTS (SELECT 1 FROM quarantine WHERE quarantine.page_id = pages.id))
    GROUP BY pages.id, pages.source, pages.first_seen""")


def upgrade() -> None:
    """Create the tables, and enter the releases that crawls captured."""
    connection = op.get_bind()
    for each in (LISTINGS, FRONTIER, RESTING_HOSTS):
        each.create(connection)
    op.create_index("ix_frontier_source_state_due", "frontier", ["source", "state", "due_at"])
    rows = list(_entries(connection.execute(CAPTURED)))
    if rows:
        connection.execute(insert(FRONTIER), rows)


def _entries(captured: Any) -> Iterator[dict[str, Any]]:
    for row in captured:
        day = date.fromisoformat(row.asked_at[:10])
        published = row.published[:10] if row.published and len(row.published) >= 10 else row.first_seen[:10]
        recent = published >= (day - timedelta(days=30)).isoformat()
        yield {"page_id": row.id, "source": row.source, "listed_at": row.first_seen, "asked_at": row.asked_at,
               "state": "read" if row.articles else "unreadable", "attempts": 0,
               "due_at": row.asked_at if recent or not row.articles else None}
