"""SQL tables of documents, tombstones, relations, lineage and refused documents."""

from sqlalchemy import JSON, Column, Integer, String, Table, Text, UniqueConstraint

from archive.db.tables import METADATA, MessageText

# The newest article of a page as a document. Title and body stay in `articles` (joined by article_id).
# `seq` is given once, in order of first appearance; `rev` is new for every change, in commit order.
# `capture_id`, `reader`, `content_hash` and `details` (the hash of every field) identify the article that the document
# was made from, which a re-read replaces: they distinguish an edit at the source from a better reader.
documents = Table(
    "documents", METADATA,
    Column("id", String(16), primary_key=True),  # pages.public_id
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
    Column("tags", JSON, nullable=False),  # {"organizations": [Tag…], "topics", "places", "type": Tag or None}
)

# A removed document; if it comes back, it has a higher rev and its old seq.
tombstones = Table(
    "tombstones", METADATA,
    Column("id", String(16), primary_key=True),
    Column("rev", Integer, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
    Column("added_at", String(32), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

# A relation of a document to another page, with its evidence: counterpart, clone of, republished from. `related_id` is
# the id that the other page's document has or would have (pages.public_id).
relations = Table(
    "relations", METADATA,
    Column("id", Integer, primary_key=True),
    Column("document_id", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("related_id", String(16), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    UniqueConstraint("document_id", "kind", "related_id", name="uq_relations"),
)

# One transaction that gave out revs: the last of them, and 128 random bits as hex. Never pruned. An index knows by the
# token of its last rev whether it was made from this store's past, or from one that a restored copy has undone.
lineage = Table(
    "lineage", METADATA,
    Column("rev", Integer, primary_key=True, autoincrement=False),
    Column("token", String(32), nullable=False),
)

# A document that the search engine refused, with the rev that it had then; one with another rev by now is outdated.
refused_documents = Table(
    "refused_documents", METADATA,
    Column("id", String(16), primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("reason", MessageText, nullable=False),
)
