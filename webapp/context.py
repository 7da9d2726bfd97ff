"""What every view reaches for: the settings, the holdings and the names of the running site."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from webapp.backend import Backend
from webapp.labels import FacetLabels
from webapp.settings import WebSettings

EXTENSION = "gongbao"


@dataclass(frozen=True, slots=True)
class SiteContext:
    """One running site."""

    settings: WebSettings
    holdings: Backend
    names: FacetLabels


def site() -> SiteContext:
    """The site that answers the present request."""
    return cast(SiteContext, current_app.extensions[EXTENSION])
