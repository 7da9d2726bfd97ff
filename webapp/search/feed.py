"""A search as an Atom or RSS feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from feedgenerator import Atom1Feed, Rss201rev2Feed
from flask import url_for
from flask_babel import gettext as _
from markupsafe import escape

from indexer.query.arguments import SearchArguments, printable
from indexer.query.model import FACETS
from webapp.formatting import published_minute
from webapp.search.results import Item, PageContext, search_summary

# Entry ids are UUIDs of document ids in this namespace, so they do not depend on where the archive is served from.
NAMESPACE = UUID("6f1b1c0e-6a3c-5d0b-9a62-3f1f0c7d9b51")
ATOM, RSS = "application/atom+xml", "application/rss+xml"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its search, the URL of the search page, its own URL; `created` is its update time while it is empty.

    `updated` has the time of each document's last change by its source.
    """

    search: SearchArguments
    page: str
    own: str
    created: datetime
    updated: Mapping[str, datetime]


def write_feed(mimetype: str, feed: Feed, items: Iterable[Item], context: PageContext) -> str:
    """The feed as XML, ATOM or RSS."""
    description = _("Releases in the order in which they came into the archive, the newest first.")
    writer = (_Atom if mimetype == ATOM else _Rss)(
        title=_title(feed.search, context), link=feed.page, description=description, subtitle=description,
        language=context.language, feed_url=feed.own, feed_guid=feed_id(feed.search), author_name="Gongbao",
        created=feed.created)
    for item in items:
        writer.add_item(**_entry(item, feed.updated.get(item.document.id, feed.created), context))
    return str(writer.writeString("utf-8"))


def feed_id(search: SearchArguments) -> str:
    """The id of a search's feed: one, whatever the language of the page and the order of the facet values."""
    ordered: dict[str, Any] = {name: tuple(sorted(search.values(name))) for name in FACETS}
    ordered["all"] = tuple(sorted(search.all))
    return _urn(f"search?{replace(search, sort='', page=1, **ordered).url('')}")


class _NewestEntry:
    """A feed whose update time is that of its newest entry."""

    feed: dict[str, Any]
    items: list[dict[str, Any]]

    def latest_post_date(self) -> datetime:
        moments: list[datetime] = [item["updateddate"] for item in self.items]
        return max(moments, default=self.feed["created"])


class _Atom(_NewestEntry, Atom1Feed):  # type: ignore[misc]  # the library has no types
    """Atom1Feed with the language and the links of an entry."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["xml_lang"]}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "via", "href": item["source_page"]})
        if item["copied_from"]:
            original = {"rel": "related", "href": item["copied_from"], "title": _("The original")}
            handler.addQuickElement("link", "", original)


class _Rss(_NewestEntry, Rss201rev2Feed):  # type: ignore[misc]
    """Rss201rev2Feed with the page that an item was read from as an Atom link."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("atom:link", "", {"rel": "via", "href": item["source_page"]})


def _entry(item: Item, updated: datetime, context: PageContext) -> dict[str, Any]:
    document, labels = item.document, context.labels
    tags = [*([("type", document.type)] if document.type else []), *(("topic", each) for each in document.topics),
            *(("org", each) for each in document.organizations), *(("place", each) for each in document.places)]
    return {
        "title": printable(document.title), "link": url_for("article.show", document=document.id, _external=True),
        # Feed readers take a summary of this library for HTML.
        "description": str(escape(printable(item.excerpt.striptags()))), "author_name": item.source,
        "pubdate": published_minute(document.published, document.precision), "updateddate": updated,
        "unique_id": _urn(f"article/{document.id}"), "unique_id_is_permalink": False,
        "xml_lang": document.language, "source_page": printable(document.url),
        "copied_from": printable(item.copied.url) if item.copied and item.copied.url else None,
        "categories": [*filter(None, [item.copied and item.copied.badge]),
                       *(labels.label(facet, value, context.language) for facet, value in tags)]}


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, name)}"


def _title(search: SearchArguments, context: PageContext) -> str:
    return printable("Gongbao 公报: " + (search_summary(search, context) or _("all releases")))
