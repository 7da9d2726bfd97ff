"""Relations of an article to other pages: counterpart in the other language, original of a clone, cited origin."""

from dataclasses import dataclass

from archive.records import Article
from archive.urls import host_of, urlkey
from crawler.source import source_of

COUNTERPART = "counterpart"
CLONE_OF = "clone of"
REPUBLISHED_FROM = "republished from"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to a page, which may be missing in the archive; `evidence` is quoted from the article's page."""

    kind: str
    urlkey: str
    url: str
    evidence: str


def relations_of(article: Article) -> tuple[Relation, ...]:
    """The relations that the article has evidence for, each once, none to its own page.

    A cited URL is the origin of a release only if it is an article of a known source.
    """
    found: dict[tuple[str, str], Relation] = {}
    for kind, url, evidence in _candidates(article):
        key = urlkey(url)
        if key and key != article.urlkey:
            found.setdefault((kind, key), Relation(kind, key, url, evidence))
    return tuple(found.values())


def _candidates(article: Article) -> list[tuple[str, str, str]]:
    """Kind, URL and evidence of each relation of the article."""
    candidates = []
    if article.counterpart:
        candidates.append((COUNTERPART, article.counterpart, article.counterpart))
    if article.clone_of:
        candidates.append((CLONE_OF, article.clone_of, f"{host_of(article.url)} → {host_of(article.clone_of)}"))
    candidates += [(REPUBLISHED_FROM, url, url) for url in article.cites if _is_article(url)]
    return candidates


def _is_article(url: str) -> bool:
    known = source_of(url)
    return known is not None and known.is_article(url)
