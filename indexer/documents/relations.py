"""What a release says about other pages: the same one in the other language, the original of a copy, its source."""

from dataclasses import dataclass

from archive.records import Article
from archive.urls import host_of, urlkey
from crawler.source import source_of

COUNTERPART = "counterpart"
CLONE_OF = "clone of"
REPUBLISHED_FROM = "republished from"


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation to a page, which the archive need not hold; `evidence` is what the page gives for it."""

    kind: str
    urlkey: str
    url: str
    evidence: str


def relations_of(article: Article) -> tuple[Relation, ...]:
    """The relations that an article gives evidence of, each once, never one to its own page.

    A cited address counts as the origin of a release only where it is an article of a known source.
    """
    found: dict[tuple[str, str], Relation] = {}
    for kind, url, evidence in _claims(article):
        key = urlkey(url)
        if key and key != article.urlkey:
            found.setdefault((kind, key), Relation(kind, key, url, evidence))
    return tuple(found.values())


def _claims(article: Article) -> list[tuple[str, str, str]]:
    """Kind, address and evidence of each relation as the article has it."""
    claims = []
    if article.counterpart:
        claims.append((COUNTERPART, article.counterpart, article.counterpart))
    if article.clone_of:
        claims.append((CLONE_OF, article.clone_of, f"{host_of(article.url)} → {host_of(article.clone_of)}"))
    claims += [(REPUBLISHED_FROM, url, url) for url in article.cites if _is_article(url)]
    return claims


def _is_article(url: str) -> bool:
    known = source_of(url)
    return known is not None and known.is_article(url)
