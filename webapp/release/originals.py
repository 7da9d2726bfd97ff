"""Copies (clones, republications) among listed releases, and their originals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import Connection, bindparam, select

from crawler.source import all_sources
from indexer.document_tables import documents, relations
from indexer.documents.document import on_own_host
from indexer.documents.relations import CLONE_OF, REPUBLISHED_FROM
from webapp.queries import ListedRelease


@dataclass(frozen=True, slots=True)
class CopyRelation:
    """Relation of a copy to its original: `kind` is the relation's kind, "" if the release's source was removed from
    the registry; `url` and `document` (id) are None if the original is unknown or not in the archive."""

    kind: str
    url: str | None = None
    document: str | None = None

    @property
    def badge(self) -> str:
        """Label of the kind in the reader's language."""
        return str(_BADGES.get(self.kind, ""))


_BADGES = {CLONE_OF: _("clone"), REPUBLISHED_FROM: _("republished")}

_COPIED = (select(relations.c.document_id, relations.c.kind, relations.c.url, documents.c.id)
           .outerjoin(documents, documents.c.id == relations.c.related_id)
           .where(relations.c.document_id.in_(bindparam("ids", expanding=True)),
                  relations.c.kind.in_((CLONE_OF, REPUBLISHED_FROM)))
           .order_by(relations.c.id.desc()))  # descending, so that the first of several relations wins in the dict


def find_copies(connection: Connection, listed: Iterable[ListedRelease]) -> Mapping[str, CopyRelation]:
    """The copies among the releases, by id; runs no SQL if all are on their source's own hosts."""
    found = {each.id: _unknown_original(each.source) for each in listed if not on_own_host(each.source, each.url)}
    if found:
        found.update((row[0], CopyRelation(*row[1:])) for row in connection.execute(_COPIED, {"ids": list(found)}))
    return found


def is_republisher(source: str) -> bool:
    """True if the source publishes other sites' releases."""
    return any(each.id == source and each.republisher for each in all_sources())


def _unknown_original(source: str) -> CopyRelation:
    return CopyRelation(REPUBLISHED_FROM if is_republisher(source) else "")
