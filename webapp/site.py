"""What every view reaches for: the settings, the holdings and the names of the running site."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from webapp.config import WebSettings
from webapp.holdings import Holdings
from webapp.names import Names

EXTENSION = "gongbao"


@dataclass(frozen=True, slots=True)
class Site:
    """One running site."""

    settings: WebSettings
    holdings: Holdings
    names: Names


def site() -> Site:
    """The site that answers the present request."""
    return cast(Site, current_app.extensions[EXTENSION])
