"""A search as an Atom feed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from feedgenerator import Atom1Feed
from flask import url_for
from flask_babel import gettext as _
from markupsafe import escape

from indexer.query.arguments import SearchArguments, printable
from webapp.formatting import published_datetime
from webapp.search.results import Item, PageContext, search_summary

# Entry ids are UUIDs of document ids in this namespace, so they do not depend on where the archive is served from.
NAMESPACE = UUID("6f1b1c0e-6a3c-5d0b-9a62-3f1f0c7d9b51")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its search, the URL of the search page, its own URL; `created` is its update time while it is empty."""

    search: SearchArguments
    page: str
    own: str
    created: datetime


def write_atom(feed: Feed, items: Iterable[Item], context: PageContext) -> str:
    """The feed as XML."""
    writer = _Atom(
        title=_title(feed.search, context), link=feed.page, description="", language=context.language,
        feed_url=feed.own, feed_guid=_urn(f"search?{feed.search.url('')}"), author_name="Gongbao",
        subtitle=_("Releases in the order in which they came into the archive, the newest first."),
        created=feed.created)
    for item in items:
        writer.add_item(**_entry(item, context))
    return str(writer.writeString("utf-8"))


class _Atom(Atom1Feed):  # type: ignore[misc]  # the library has no types
    """Atom1Feed with the language and the links of an entry, and the newest entry's time as the feed's update time."""

    def latest_post_date(self) -> datetime:
        moments: list[datetime] = [item["updateddate"] for item in self.items]
        return max(moments, default=self.feed["created"])

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["xml_lang"]}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "via", "href": item["source_page"]})
        if item["copied_from"]:
            original = {"rel": "related", "href": item["copied_from"], "title": _("The original")}
            handler.addQuickElement("link", "", original)


def _entry(item: Item, context: PageContext) -> dict[str, Any]:
    document, labels = item.document, context.labels
    tags = [("topic", each) for each in document.topics] + [("org", each) for each in document.organizations]
    return {
        "title": printable(document.title), "link": url_for("article.show", document=document.id, _external=True),
        # Atom readers take a summary of this library for HTML.
        "description": str(escape(printable(item.excerpt.striptags()))), "author_name": item.source,
        "pubdate": published_datetime(document.published, document.precision),
        "updateddate": datetime.fromisoformat(document.changed_at),
        "unique_id": _urn(f"article/{document.id}"), "xml_lang": document.language, "source_page": document.url,
        "copied_from": item.copied and item.copied.url,
        "categories": [*filter(None, [item.copied and item.copied.badge]),
                       *(labels.label(facet, value, context.language) for facet, value in tags)]}


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, name)}"


def _title(search: SearchArguments, context: PageContext) -> str:
    return printable("Gongbao 公报: " + (search_summary(search, context) or _("all releases")))
