"""A document with everything the store knows of it: its row, its article, and the capture it was read from."""

from dataclasses import dataclass

from crawler.extract.article import Article, Stamp
from indexer.documents.document import Tag


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document of the archive. `fetched_at`, `added_at` and `changed_at` are ISO 8601 text in UTC."""

    id: str
    seq: int
    rev: int
    cause: str
    added_at: str
    changed_at: str
    page_id: int
    capture_id: int
    fetched_at: str
    provenance: str
    article: Article
    organizations: tuple[Tag, ...]
    topics: tuple[Tag, ...]

    @property
    def title(self) -> str:
        """The headline as the page prints it."""
        return self.article.title

    @property
    def body(self) -> str:
        """The paragraphs, joined by a newline."""
        return self.article.body

    @property
    def source(self) -> str:
        """The id of the source that the page belongs to."""
        return self.article.source

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.article.url

    @property
    def urlkey(self) -> str:
        """The one key of the page."""
        return self.article.urlkey

    @property
    def language(self) -> str:
        """The language the release is written in."""
        return self.article.language

    @property
    def published(self) -> Stamp:
        """When the release was published, as exact as the page says it, with the evidence."""
        return self.article.published
