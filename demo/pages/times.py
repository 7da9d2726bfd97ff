"""How the replica's pages print a release's date: a day, or a time moved by some minutes."""

from datetime import datetime, timedelta

from demo.samples import Release


def day(release: Release) -> str:
    """The day of publication, "" where there is none."""
    return (release.published or "")[:10]


def clocked(release: Release) -> bool:
    """Whether the time of day is known."""
    return len(release.published or "") > len("2024-05-17")


def moment(release: Release, minutes: int = 0, seconds: str = ":00") -> str:
    """The time of publication moved by some minutes, as "2024-05-17 10:30:00"; "" where there is none."""
    if not release.published:
        return ""
    when = datetime.fromisoformat(release.published) + timedelta(minutes=minutes)
    return when.strftime("%Y-%m-%d %H:%M") + seconds
