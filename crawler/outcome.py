"""What became of imported captures: releases, or the reason why not."""

from collections.abc import Iterator

from sqlalchemy import case, func, select

from crawler.store import Store
from crawler.tables import articles, captures, pages, quarantine

# In the order in which they are told.
WORDS = READ, QUARANTINED, NO_RELEASE, STRANGE = (
    "read", "in quarantine", "no release by address or answer", "of no source known here")
REASONS = 5  # the most frequent ones


def last_capture(store: Store) -> int:
    """The number of the newest capture, 0 where there is none; those that come later have higher ones."""
    with store.read() as connection:
        return connection.scalar(select(func.max(captures.c.id))) or 0


def outcome(store: Store, after: int) -> Iterator[str]:
    """Lines that tell how many of the captures imported after a number are releases, and what the others are."""
    # Captures of a crawl that runs beside the import are none of its own.
    imported = (captures.c.id > after) & (captures.c.provenance != "crawl")
    came = case((articles.c.id.is_not(None), READ), (quarantine.c.capture_id.is_not(None), QUARANTINED),
                (pages.c.source.is_(None), STRANGE), else_=NO_RELEASE).label("came")
    became = select(came, func.count()).select_from(
        captures.join(pages).outerjoin(articles, articles.c.capture_id == captures.c.id).outerjoin(
            quarantine, quarantine.c.capture_id == captures.c.id)).where(imported).group_by("came")
    number = func.count().label("number")
    reasons = select(number, quarantine.c.reason).join(captures).where(imported).group_by(
        quarantine.c.reason).order_by(number.desc(), quarantine.c.reason).limit(REASONS)
    with store.read() as connection:
        numbers = {row.came: row[1] for row in connection.execute(became)}
        why = [f"  quarantined: {row.number} × {row.reason}" for row in connection.execute(reasons)]
    if numbers:
        yield "of the new: " + ", ".join(f"{numbers[each]} {each}" for each in WORDS if each in numbers)
    yield from why
