"""The hostile site over HTTP: its releases, lists and lies of a day, served by the replica to real crawls."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from archive.times import BEIJING
from demo.faults import Fault
from demo.pages.mofcom_en import HOST
from demo.pages.responses import Response, html, redirect, route_key
from demo.replica import Replica
from demo.samples import Release, load_releases
from support import forks
from support.hostile_site import HostileSite, SiteRelease

OLD = f"http://{HOST}/article/newsrelease/"
LISTS = (f"{OLD}press/", f"{OLD}significantnews/")
ROWS = 3
HOME = (("Location", f"https://{HOST}/"),)
NOWHERE = (("Location", f"https://{HOST}:99999/"),)
CHALLENGE = b"<html><head><script>document.cookie='a=1';location.reload()</script></head><body></body></html>"
SOFT_404 = "<html><body>抱歉，您访问的页面不存在！</body></html>".encode()
IMPATIENT = "1"  # GONGBAO_TIMEOUT of a day on which a list does not answer

# A list page in place of the good one; `first` is the first page of that list, `none` one without entries.
LIST_FAULTS: Mapping[str, Callable[[Response, Response], Fault]] = {
    "500": lambda _first, _none: Fault(status=500),
    "reset": lambda _first, _none: Fault(action="reset"),
    "cut": lambda _first, _none: Fault(action="cut"),
    "timeout": lambda _first, _none: Fault(action="hang"),
    "challenge": lambda _first, _none: Fault(body=CHALLENGE),
    "202": lambda _first, _none: Fault(status=202),
    "404": lambda _first, _none: Fault(status=404),
    "soft 404": lambda _first, _none: Fault(body=SOFT_404),
    "home": lambda _first, _none: Fault(status=302, headers=HOME, body=b""),
    "empty": lambda _first, none: Fault(body=none.body),
    "first page": lambda first, _none: Fault(body=first.body),
}
LIES_ABOUT_THE_END = ("404", "soft 404", "home", "empty", "first page")
# An article page in place of the good one; `other` is the page of another release.
ARTICLE_FAULTS: Mapping[str, Callable[[Response], Fault]] = {
    "202": lambda _: Fault(status=202),
    "206": lambda _: Fault(status=206),
    "home": lambda _: Fault(status=302, headers=HOME, body=b""),
    "to no address": lambda _: Fault(status=302, headers=NOWHERE, body=b""),
    "script to no address": lambda _: Fault(body=b"<html><script>location.href='http://[x/a'</script></html>"),
    "403": lambda _: Fault(status=403),
    "412": lambda _: Fault(status=412),
    "500": lambda _: Fault(status=500),
    "reset": lambda _: Fault(action="reset"),
    "cut": lambda _: Fault(action="cut"),
    "empty": lambda _: Fault(body=b""),
    "challenge": lambda _: Fault(body=CHALLENGE),
    "other page": lambda other: Fault(body=other.body),
    "404": lambda _: Fault(status=404),
    "soft 404": lambda _: Fault(body=SOFT_404),
}
SETTLED_LIES = ("404", "soft 404")


@dataclass(frozen=True, slots=True)
class BadDay:
    """What goes wrong in one crawl: pages of lists by (list, page), articles by name, a kill after so many answers.

    `lag` hides so many of the newest releases of the lists; `shrunk` lists show their newest third only.
    """

    lists: Mapping[tuple[int, int], str] = field(default_factory=dict)
    articles: Mapping[str, str] = field(default_factory=dict)
    lag: int = 0
    shrunk: frozenset[int] = frozenset()
    killed_after: int | None = None


GOOD = BadDay()


class HostileReplica(Replica):
    """Serves a HostileSite in two paged lists of mofcom_en that overlap; its other lists show samples and stay well."""

    def __init__(self, site: HostileSite) -> None:
        own = [each for each in load_releases() if each.source == "mofcom_en" and not each.clone_of]
        self.site = site
        self.samples = [each for each in own if not each.url.startswith(LISTS)]
        self._like = next(each for each in own if each.url.startswith(LISTS[0]))
        super().__init__(self.samples)

    def begin(self, day: BadDay) -> None:
        """Serve the site as it is now, with the faults of a day."""
        here = [each for each in self.site.releases if each.text is not None and each.moved_to is None]
        self.set_releases([*self.samples, *map(self.release, here)])
        routes = {key: page for key, page in self.sites[HOST].routes.items()
                  if not any(key.partition("?")[0] == route_key(each) for each in LISTS)}
        for each in self.site.releases:
            key = route_key(release_url(each.name))
            if each.moved_to is not None:
                routes[key] = redirect(release_url(each.moved_to))
            elif each.text is not None:
                routes[key] = _named(routes[key], release_url(each.name))
        for which in range(len(LISTS)):
            routes.update(self._list_pages(which, day))
        self.sites[HOST] = replace(self.sites[HOST], routes=routes)
        self.set_faults(self._faults(day))

    def shown(self, which: int, day: BadDay) -> list[str]:
        """Names that a list shows on a day, newest first."""
        names = self.site.shown(which, day.lag)
        return names[:max(1, len(names) // 3)] if which in day.shrunk else names

    def release(self, one: SiteRelease) -> Release:
        """A release of the site as the replica takes it."""
        return replace(self._like, id=one.name, url=release_url(one.name), title=f"Sample release {one.name}",
                       counterpart=None, published=f"{one.published.astimezone(BEIJING):%Y-%m-%d %H:%M}",
                       body=(f"This release says: {one.text}.", *self._like.body))

    def page_count(self, which: int, day: BadDay) -> int:
        """Number of pages of a list on a day."""
        return max(1, -(-len(self.shown(which, day)) // ROWS))

    def _list_pages(self, which: int, day: BadDay) -> dict[str, Response]:
        names = self.shown(which, day)
        count = self.page_count(which, day)
        return {route_key(page_url(which, number)): self._list_page(
            names[(number - 1) * ROWS:number * ROWS], number, count) for number in range(1, count + 1)}

    def _list_page(self, names: list[str], number: int, count: int) -> Response:
        items = "".join(f'<li><a href="{release_url(name)}">Sample release {name}</a></li>' for name in names)
        pager = f'<div class="page">Page {number} of {count}</div>' if self.site.counted else ""
        return html('<html><head><title>List</title></head><body><div><a href="/">Home</a></div>'
                    f'<ul class="txtList_01">{items}</ul>{pager}</body></html>')

    def _faults(self, day: BadDay) -> dict[str, Fault]:
        faults = {}
        for (which, number), name in day.lists.items():
            none = self._list_page([], number, self.page_count(which, day))
            faults[page_url(which, number)] = LIST_FAULTS[name](self.response(page_url(which, 1)), none)
        other = self.response(release_url(self.site.releases[0].name))
        for release, name in day.articles.items():
            faults[release_url(release)] = ARTICLE_FAULTS[name](other)
        return faults


def release_url(name: str) -> str:
    """URL of a release of the site; names are r0, r1, …"""
    return f"{LISTS[0]}202611/{20261100000000 + int(name[1:])}.shtml"


def page_url(which: int, number: int) -> str:
    """URL of a page of a list."""
    return LISTS[which] if number == 1 else f"{LISTS[which]}?{number}"


def _named(page: Response, url: str) -> Response:
    """The page of a release with its address in its head."""
    link = f'<link rel="canonical" href="{url}"></head>'.encode()
    return replace(page, body=page.body.replace(b"</head>", link, 1))


@dataclass(frozen=True, slots=True)
class Crawler:
    """Runs commands on an archive as if it were another day; `faketime` is the path of libfaketime."""

    data: Path
    database: str
    faketime: Path
    replica: HostileReplica

    def crawl(self, number: int, day: BadDay) -> int | None:
        """Exit code of the crawl of a day; None if it was killed."""
        self.replica.begin(day)
        impatient = {"GONGBAO_TIMEOUT": IMPATIENT} if "timeout" in day.lists.values() else {}
        before = len(self.replica.requests)
        with (self.data / "said.txt").open("wb") as said:
            crawl = forks.start(["crawl", "--no-index", "mofcom_en"], self._environment(number) | impatient,
                                said.fileno())
            if day.killed_after is None:
                code = crawl.wait(120)
                crawl.kill()
                assert code is not None, self.said()
                return code
            while (code := crawl.wait(0.005)) is None:
                if len(self.replica.requests) - before >= day.killed_after:
                    crawl.kill()
                    return None
            return code

    def index(self, number: int) -> None:
        """Bring documents and index up to date."""
        forks.run(["index"], self._environment(number), timeout=120).check_returncode()

    def said(self) -> str:
        """What the last crawl printed."""
        return (self.data / "said.txt").read_text(encoding="utf-8")

    def _environment(self, number: int) -> dict[str, str]:
        return {**os.environ, "GONGBAO_DATA": str(self.data), "GONGBAO_VIA": self.replica.url,
                "GONGBAO_DATABASE": self.database, "LD_PRELOAD": str(self.faketime),
                "FAKETIME": f"+{timedelta(days=number).total_seconds():.0f}s", **forks.FAKETIME}
