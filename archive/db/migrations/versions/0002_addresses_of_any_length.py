"""URLs and digests of any length, and the table of rejects.

The unique index of `pages.urlkey` is dropped: `public_id`, its hash, has one already. Relations name the other page by
that hash. An index of PostgreSQL holds no value of more than 2,704 bytes.
"""

import hashlib

from alembic import op
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHUNK = 10_000  # relations in memory at once
# SQLite has no names for the constraints of 0001; these are the names that PostgreSQL gave them.
NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}
METADATA = MetaData()
RELATIONS = Table(
    "relations", METADATA,
    Column("id", Integer),
    Column("urlkey", Text),
    Column("related_id", String(16)),
)
REJECTS = Table(
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
    Column("reason", Text, nullable=False),
    Column("rejected_at", String(32), nullable=False),
    UniqueConstraint("warc_file", "warc_offset", name="uq_rejects_record"),
)


def upgrade() -> None:
    """Change pages, captures and relations (SQLite copies the tables), and create rejects."""
    with op.batch_alter_table("pages", naming_convention=NAMES) as pages:
        pages.drop_constraint("pages_urlkey_key", type_="unique")
    with op.batch_alter_table("captures", naming_convention=NAMES) as captures:
        captures.drop_index("ix_captures_digest")
        captures.alter_column("digest", type_=Text(), existing_type=String(80), existing_nullable=False)
    with op.batch_alter_table("relations") as relations:
        relations.add_column(Column("related_id", String(16)))
    _hash_relations()
    with op.batch_alter_table("relations") as relations:
        relations.drop_index("ix_relations_urlkey")
        relations.drop_constraint("uq_relations", type_="unique")
        relations.drop_column("urlkey")
        relations.alter_column("related_id", existing_type=String(16), nullable=False)
        relations.create_unique_constraint("uq_relations", ["document_id", "kind", "related_id"])
        relations.create_index("ix_relations_related_id", ["related_id"])
    REJECTS.create(op.get_bind())


def _hash_relations() -> None:
    """Set `related_id`, the hash of `urlkey`, of every relation."""
    connection, last = op.get_bind(), 0
    hashed = update(RELATIONS).where(RELATIONS.c.id == bindparam("row")).values(related_id=bindparam("hash"))
    some = select(RELATIONS.c.id, RELATIONS.c.urlkey).order_by(RELATIONS.c.id).limit(CHUNK)
    while rows := connection.execute(some.where(RELATIONS.c.id > last)).all():
        connection.execute(hashed, [{"row": row.id, "hash": _page_id(row.urlkey)} for row in rows])
        last = rows[-1].id


def _page_id(urlkey: str) -> str:
    return hashlib.blake2b(urlkey.encode("utf-8"), digest_size=8).hexdigest()
