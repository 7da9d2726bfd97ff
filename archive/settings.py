"""Settings dataclasses from `GONGBAO_*` environment variables: validation, error messages, and the base class."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from archive.answers import Schedule
from archive.errors import SettingError
from archive.text import nearest_name

T = TypeVar("T")

# http://127.0.0.1:8123 · https://archive.example.org/gongbao/
_WEB_URL = re.compile(r"https?://(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.IGNORECASE)
# postgresql:// · postgresql+psycopg: · not the user of me:secret@host
_DATABASE_SCHEME = re.compile(r"(?:postgres|mysql|sqlite)[a-z0-9+]*:(?://)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """Validation of a setting: `description` follows "has to be" in errors and docs, `accepts` tests a value.

    Errors show no more of a `secret` value than its URL scheme, since any part of it may be a password.
    """

    description: str
    accepts: Callable[[Any], bool]
    secret: bool = False


def between(least: float, most: float) -> Rule:
    """A number from `least` to `most`, both included.

    >>> between(1, 100).description, between(1, 100).accepts(0)
    ('a number from 1 to 100', False)
    """
    return Rule(f"a number from {least} to {most}", lambda value: least <= value <= most)  # NaN is in no range


def one_of(*values: str) -> Rule:
    """One of these values.

    >>> one_of("en", "zh").description
    'en or zh'
    """
    return Rule(" or ".join(values), lambda value: value in values)


def _is_folder(path: Path) -> bool:
    """True if the path is a folder, or its nearest existing parent is; False also without permission to look."""
    return os.path.isdir(next(filter(os.path.lexists, (path, *path.parents)), path))


def _is_database(value: str) -> bool:
    from sqlalchemy.engine import make_url  # slow to import, and rarely needed
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        return False
    if url.drivername == "sqlite":
        return url.database not in (None, "", ":memory:") and not url.query
    # An @ in a password, unless written %40, would move the rest of it into the host, which errors show.
    return url.drivername in ("postgresql", "postgresql+psycopg") and "@" not in f"{url.host}{url.database}"


def _is_web_url(value: str) -> bool:
    try:
        return _WEB_URL.fullmatch(value) is not None and urlsplit(value).port != 0
    except ValueError:  # a port above 65535
        return False


FOLDER = Rule("the path of a folder", _is_folder)
DATABASE = Rule("the address of a database: sqlite:///… or postgresql://…, with %40 for an @ in a password",
                _is_database, secret=True)
ONE_LINE = Rule("one line of text", str.isprintable)
WEB_URL = Rule("an http:// or https:// address", _is_web_url)


def setting(default: Any, help_text: str, rule: Rule, *, kind: type | None = None) -> Any:
    """A dataclass field with its default, its help text in `docs/settings.md`, and its validation.

    Values are of the default's type, or of `kind` where the default is None.
    """
    return field(default=default, metadata={"help": help_text, "rule": rule, "kind": kind or type(default)})


def variable(name: str) -> str:
    """The name of a setting's environment variable.

    >>> variable("data")
    'GONGBAO_DATA'
    """
    return f"GONGBAO_{name.upper()}"


def from_environment(cls: type[T], environ: Mapping[str, str]) -> T:
    """The settings of a package from the environment; unset and empty variables leave the default.

    Raises SettingError with the variable's name if a value has the wrong type or breaks its rule.
    """
    given: dict[str, Any] = {}
    for each in fields(cls):  # type: ignore[arg-type]
        text = environ.get(variable(each.name), "").strip()
        if text:
            given[each.name] = _convert(each.name, text, each.metadata["kind"])
            rule: Rule = each.metadata["rule"]
            if not rule.accepts(given[each.name]):
                raise _setting_error(each.name, text, rule)
    return cls(**given)


def known_variables(classes: Iterable[type]) -> tuple[str, ...]:
    """The environment variables of settings classes, each once, in their order."""
    return tuple(dict.fromkeys(variable(each.name) for cls in classes for each in fields(cls)))


def unknown_variables(environ: Mapping[str, str], classes: Iterable[type]) -> list[tuple[str, str | None]]:
    """The variables that begin like a setting and are none, each with the known one that it resembles most.

    >>> unknown_variables({"GONGBAO_DTAA": "x", "GONGBAO_DATA": "y"}, [ArchiveSettings])
    [('GONGBAO_DTAA', 'GONGBAO_DATA')]
    """
    known, begin = known_variables(classes), variable("")
    unknown = sorted(name for name in environ if name.startswith(begin) and name not in known)
    ends = [each.removeprefix(begin) for each in known]
    nearest = {name: nearest_name(name.removeprefix(begin), ends) for name in unknown}
    return [(name, f"{begin}{end}" if end else None) for name, end in nearest.items()]


def _setting_error(name: str, text: str, rule: Rule) -> SettingError:
    return SettingError(f"{variable(name)}={_redact(text, rule)!r} is refused: it has to be {rule.description}")


def _redact(text: str, rule: Rule) -> str:
    """A value without the password it may hold, for an error message.

    >>> _redact("postgresql:me:secret@host/name", DATABASE), _redact("http://me:secret@proxy", WEB_URL)
    ('postgresql:…', '…@proxy')
    """
    if rule.secret:
        scheme = _DATABASE_SCHEME.match(text)
        return f"{scheme[0] if scheme else ''}…"
    return re.sub(r".*@", "…@", text, flags=re.DOTALL)  # me:secret@proxy, whatever the password holds


def _convert(name: str, text: str, kind: type[Any]) -> Any:
    try:
        return kind(text)
    except ValueError:
        description = "a whole number" if kind is int else "a number"
        raise _setting_error(name, text, Rule(description, lambda _: False)) from None


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Data folder, database and schedule of an archive: base class of CrawlerSettings, IndexerSettings and WebSettings.

    Frozen; built once by the command line or `create_app`, and passed down.
    """

    data: Path = setting(
        Path("data"), "The folder that holds the archive: WARC files, the store and the index.", FOLDER)
    database: str = setting(
        "", "Database URL of the store; empty means the file gongbao.sqlite in the data folder.", DATABASE)

    revisit: float = setting(
        20.0, "Hours after which a crawl asks for a recent release again, to find out whether it changed; no page that "
        "failed waits longer for its next request.", between(0, 100_000))

    def schedule(self) -> Schedule:
        """The times at which releases are asked for again."""
        return Schedule(timedelta(hours=self.revisit))

    def database_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database or f"sqlite:///{self._store_file()}"

    def require_folder(self) -> None:
        """Raise SettingError if the data folder does not exist."""
        if not self.data.is_dir():
            raise SettingError(f"there is no folder {self.data.absolute()}; name that of the archive with --data or "
                               f"{variable('data')}, or make it if an archive shall be there")

    def has_store(self) -> bool:
        """True if there is a store to open, or one that cannot be accessed: opening it raises the reason."""
        try:
            return bool(self.database) or self._store_file().stat() is not None
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def _store_file(self) -> Path:
        return self.data / "gongbao.sqlite"
