"""Lineage of revs, queue of changed pages, catalogued WARC files, refused documents.

The queue begins with the pages that the old plan would have found. The revs given out so far become one range of the
lineage; indexes of that time hold no token and are made anew.
"""

import secrets

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, insert, text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

METADATA = MetaData()

Table(
    "warc_files", METADATA,
    Column("name", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("provenance", Text, nullable=False),
)
Table(
    "changed_pages", METADATA,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, nullable=False, unique=True),
    Column("captured_at", String(32), nullable=False),
    Index("ix_changed_pages_order", "captured_at", "page_id"),
    sqlite_autoincrement=True,
)
LINEAGE = Table(
    "lineage", METADATA,
    Column("rev", Integer, primary_key=True, autoincrement=False),
    Column("token", String(32), nullable=False),
)
Table(
    "refused_documents", METADATA,
    Column("id", String(16), primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("reason", Text, nullable=False),
)

# Catalogued up to the end of the last capture; what follows it is looked at once.
FILES = """
INSERT INTO warc_files (name, size, provenance)
SELECT captures.warc_file, MAX(captures.warc_offset + captures.warc_length), MAX(captures.provenance) FROM captures
JOIN (SELECT warc_file, MAX(warc_offset) AS warc_offset FROM captures GROUP BY warc_file) AS ends
ON ends.warc_file = captures.warc_file AND ends.warc_offset = captures.warc_offset
GROUP BY captures.warc_file
"""
# Pages with articles that no update has seen, and those of documents whose article is gone.
QUEUE = """
INSERT INTO changed_pages (page_id, captured_at)
SELECT changed.page_id, COALESCE(MAX(captures.fetched_at), '') FROM (
    SELECT page_id FROM articles
    WHERE id > COALESCE((SELECT value FROM counters WHERE counters.key = 'last_article'), 0)
    UNION
    SELECT documents.page_id FROM documents LEFT JOIN articles ON articles.id = documents.article_id
    WHERE articles.id IS NULL
) AS changed
LEFT JOIN articles ON articles.page_id = changed.page_id
LEFT JOIN captures ON captures.id = articles.capture_id
GROUP BY changed.page_id
"""


def upgrade() -> None:
    """Create the tables and fill them from what the store holds."""
    connection = op.get_bind()
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(text(FILES))
    connection.execute(text(QUEUE))
    next_rev = connection.scalar(text("SELECT value FROM counters WHERE counters.key = 'next_rev'"))
    if next_rev is not None and next_rev > 1:
        connection.execute(insert(LINEAGE).values(rev=next_rev - 1, token=secrets.token_hex(16)))
    connection.execute(text("DELETE FROM counters WHERE counters.key = 'last_article'"))
