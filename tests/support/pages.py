"""HTML pages as tests read them."""

from urllib.parse import parse_qsl, urlsplit

from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse


def tree(response: TestResponse, status: int = 200) -> HtmlElement:
    """The page of a response, which must have this status."""
    assert response.status_code == status, response.text[:2000]
    return html.fromstring(response.text)


def text(element: HtmlElement) -> str:
    """The text of an element, blanks joined."""
    return " ".join(element.text_content().split())


def arguments(address: str) -> list[tuple[str, str]]:
    """The arguments of a URL."""
    return parse_qsl(urlsplit(address).query)
