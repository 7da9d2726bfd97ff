"""Marked text as HTML: search hits, the wordings of tags, words found in a source."""

from collections.abc import Iterable
from itertools import chain

from markupsafe import Markup, escape

from indexer.text.spans import Fragment

_MARK, _END = Markup("<mark>"), Markup("</mark>")


def marked_html(fragments: Iterable[Fragment], css_class: str = "") -> Markup:
    """The escaped fragments, the marked ones in <mark>.

    >>> marked_html([Fragment("a & ", False), Fragment("b", True)], "tag")
    Markup('a &amp; <mark class="tag">b</mark>')
    """
    mark = Markup('<mark class="{}">').format(css_class) if css_class else _MARK
    # Joined as plain text: Markup.join would escape each part again.
    return Markup("".join(chain.from_iterable(  # noqa: S704 - escaped here
        (mark, escape(text), _END) if marked else (escape(text),) for text, marked in fragments)))
