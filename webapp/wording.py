"""What the crawler wrote into the store in English, said in the reader's language; what is stored stays as it is."""

import re
from functools import cache, lru_cache

from flask_babel import gettext

from indexer.query.messages import N_

# Each as the crawler writes it, with a name for every part that changes.
SENTENCES = (
    # where a piece of evidence stood
    N_("meta %(name)s"),
    N_("label %(label)s"),
    N_("the page's address"),
    N_("the address of the cited source, %(url)s"),
    N_("script variable %(name)s"),
    N_("the line %(text)s"),
    N_("the line after the title"),
    N_("the line after the breadcrumb"),
    N_("the line before the labels"),
    N_("the line that says what the address says"),
    N_("list entry"),
    N_("script of the list entry"),
    # defects of a page that could be read
    N_("charset"),
    N_("declared %(declared)s, read as %(read)s"),
    N_("unreadable bytes"),
    N_("%(count)s in the %(part)s, the first at character %(place)s"),
    N_("open end"),
    N_("the page was never closed and ends where its text does: some of it may be missing"),
    N_("clone"),
    N_("the host is not the source's own; it copies %(url)s"),
    N_("title"),
    N_("body"),
    # why a body cannot be unpacked
    N_("the chunked body is cut or damaged"),
    N_("the %(encoding)s body is cut: its end is missing after %(count)s bytes"),
    N_("the %(encoding)s body is damaged: %(error)s"),
    N_("the %(encoding)s body unpacks to more than %(size)s MB"),
    N_("the content encoding %(encoding)s is not known"),
    N_("the content encoding %(encoding)s needs %(library)s, which is not installed"),
    N_("the archived response is cut off after %(count)s of %(all)s bytes"),
    N_("the archived response is cut off (%(why)s)"),
    # why a capture is in quarantine
    N_("the address belongs to no source in crawler/sources"),
    N_("the address has not the form of a release of %(source)s"),
    N_("the server answered with status %(status)s"),
    N_("the reader failed: %(error)s"),
    N_("the body is empty"),
    N_("the body has %(count)s bytes, more than the %(most)s that are read"),
    N_("the body is binary (it holds NUL bytes), not HTML"),
    N_("the body is %(kind)s, not HTML"),
    N_("a %(kind)s file"),
    N_("a %(kind)s image"),
    N_("a ZIP or Office file"),
    N_("an old Office file"),
    N_("the body holds no HTML element"),
    N_("the tree cannot be read to its end: %(error)s"),
    N_("%(count)s bytes are neither UTF-8, GB 18030 nor what the page declares (%(declared)s)"),
    N_("no layout of %(source)s reads this address; add one to %(file)s"),
    N_("the page says %(text)s (a missing page served as a normal one)"),
    N_("title and text only say that there is nothing to read (a missing page, a log-in, a failure "
       "served as a normal one)"),
    N_("the page ends in the middle of its text: the rest is missing"),
    N_("the text is a list of other pages"),
    N_("the page only sends the browser on, to %(url)s"),
    N_("the server failed to put the page together (SSI error) and sent no article"),
    N_("the text is garbled (%(text)s): it was decoded with the wrong charset before it was sent"),
    N_("no %(part)s was found"),
    N_("the body has only %(count)s characters"),
    N_("no line shows %(label)s"),
    N_("%(count)s places look like the article's %(label)s"),
    N_("no text stands after the title and its labels"),
    N_("the title is empty"),
    N_("no breadcrumb stands before the title"),
    N_("no line stands after the breadcrumb where the title should be"),
    N_("%(text)s after the breadcrumb is no title"),
    N_("%(count)s lines stand between breadcrumb and labels"),
    N_("no line stands before the labels where the title should be"),
    N_("the line before the labels, %(text)s, does not look like a title"),
    N_("title and text stand in one element and cannot be told apart"),
    N_("no line says what the address says"),
    N_("%(count)s different lines stand where the title should be"),
    N_("another release with its %(label)s stands in the text"),
    N_("the layouts find different titles, the last %(text)s"),
    # how a run went
    N_("stopped: %(error)s"),
    N_("stopped before its end (%(why)s)"),
    N_("no list page could be read"),
    N_("%(count)s list pages could be read; a healthy run reads %(wanted)s"),
    N_("the lists name %(count)s releases; a healthy run finds %(wanted)s"),
    N_("the program itself stumbled over %(count)s answers; its log has the place"),
    N_("%(count)s lists name no release and should"),
    N_("%(count)s of %(all)s articles could be read (%(share)s; expected %(wanted)s)"),
    N_("%(count)s of %(all)s articles are dated (%(share)s; expected %(wanted)s)"),
    N_("%(url)s names no release"),
    N_("fell back to %(url)s, which names %(count)s releases"),
    N_("%(url)s is not laid out as described; every link on it was considered"),
    N_("%(count)s pages were not asked for or not kept; they are left for the next run"),
    N_("%(url)s led nowhere: %(error)s; please report this"),
    N_("%(host)s asks to wait %(seconds)s s (HTTP %(status)s), longer than GONGBAO_PATIENCE; "
       "the rest of it is left for the next run"),
    N_("%(host)s cannot be found (DNS); check the network here, then run the crawl again"),
    N_("its process ended without finishing it; what it kept is in the archive, the next run goes on from there"),
    N_("it did not start: the crawl was stopped, or the log says why"),
    N_("%(url)s: %(error)s"),
    N_("%(url)s, page %(number)s: %(error)s"),
    N_("the page has no script with url and queryData"),
    N_("queryData cannot be read: %(error)s"),
    N_("the unit API answered %(text)s"),
)
# The crawler writes no longer sentences; what several open parts match in takes the cube of its length.
LONGEST = 1000
# %(name)s
_PART = re.compile(r"%\((\w+)\)s")


def worded(text: str) -> str:
    """A sentence of the crawler's in the language of the request; one that is not known here as it was written."""
    message, parts = _recognised(text)
    return gettext(message, **{name: worded(part) for name, part in parts}) if message else text


@lru_cache(maxsize=4096)
def _recognised(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence that a text is an instance of, and its parts; '' where there is none.

    >>> _recognised("meta PubDate")
    ('meta %(name)s', (('name', 'PubDate'),))
    """
    if len(text) > LONGEST:
        return "", ()
    for message, pattern in _patterns():
        match = pattern.fullmatch(text)
        if match:
            return message, tuple(match.groupdict().items())
    return "", ()


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The sentences, those first that leave least open: "the line after the title" is more than "the line %(text)s"."""
    fixed = sorted(SENTENCES, key=lambda message: -len(_PART.sub("", message)))
    return tuple((message, _pattern(message)) for message in fixed)


def _pattern(message: str) -> re.Pattern[str]:
    """What a sentence looks like, whatever its parts are; an address is one word, others may be many."""
    pieces = _PART.split(message)
    spelled = (_open(each) if place % 2 else re.escape(each) for place, each in enumerate(pieces))
    return re.compile("".join(spelled), re.DOTALL)


def _open(name: str) -> str:
    return rf"(?P<{name}>\S+?)" if name == "url" else f"(?P<{name}>.+?)"
