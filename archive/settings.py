"""Settings: one frozen dataclass per package, built once from the environment (`GONGBAO_*`) and passed down."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from archive.errors import SettingError

T = TypeVar("T")

# http://127.0.0.1:8123 · https://archive.example.org/gongbao/
_ADDRESS = re.compile(r"https?://(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.IGNORECASE)
# postgresql:// · postgresql+psycopg: · not the user of me:secret@host
_SCHEME = re.compile(r"(?:postgres|mysql|sqlite)[a-z0-9+]*:(?://)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a setting may be, in words that follow "has to be", and whether a value is that.

    Of a `private` setting no more is repeated than its scheme: whatever else is wrong in it may be a password.
    """

    words: str
    holds: Callable[[Any], bool]
    private: bool = False


def between(least: float, most: float) -> Rule:
    """A number from `least` to `most`, both included.

    >>> between(1, 100).words, between(1, 100).holds(0)
    ('a number from 1 to 100', False)
    """
    return Rule(f"a number from {least} to {most}", lambda value: least <= value <= most)  # NaN is in no range


def one_of(*values: str) -> Rule:
    """One of some words.

    >>> one_of("en", "zh").words
    'en or zh'
    """
    return Rule(" or ".join(values), lambda value: value in values)


def _is_folder(path: Path) -> bool:
    """Whether a folder stands there, or could be made there."""
    return os.path.isdir(next(filter(os.path.lexists, (path, *path.parents)), path))  # False also where it may not look


def _is_database(value: str) -> bool:
    from sqlalchemy.engine import make_url  # it takes a while to load, and most archives name no database
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        return False
    if url.drivername == "sqlite":
        return url.database not in (None, "", ":memory:") and not url.query
    # An @ of a password that was not written %40 would make its rest part of the host, which errors name.
    return url.drivername in ("postgresql", "postgresql+psycopg") and "@" not in f"{url.host}{url.database}"


def _is_web_address(value: str) -> bool:
    try:
        return _ADDRESS.fullmatch(value) is not None and urlsplit(value).port != 0
    except ValueError:  # a port above 65535
        return False


FOLDER = Rule("the path of a folder", _is_folder)
DATABASE = Rule("the address of a database: sqlite:///… or postgresql://…, with %40 for an @ in a password",
                _is_database, private=True)
ONE_LINE = Rule("one line of text", str.isprintable)
WEB_ADDRESS = Rule("an http:// or https:// address", _is_web_address)


def setting(default: Any, help_text: str, rule: Rule) -> Any:
    """A dataclass field with the text that `docs/settings.md` lists it under, and what its value may be."""
    return field(default=default, metadata={"help": help_text, "rule": rule})


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("data")
    'GONGBAO_DATA'
    """
    return f"GONGBAO_{name.upper()}"


def from_environment(cls: type[T], environ: Mapping[str, str]) -> T:
    """The settings that the environment asks for; unset and empty variables leave the default.

    Raises SettingError, naming the variable, where a value is not of the setting's kind or breaks its rule.
    """
    given: dict[str, Any] = {}
    for each in fields(cls):  # type: ignore[arg-type]
        text = environ.get(variable(each.name), "").strip()
        if text:
            given[each.name] = _convert(each.name, text, type(each.default) if each.default is not MISSING else str)
            rule: Rule = each.metadata["rule"]
            if not rule.holds(given[each.name]):
                raise _refused(each.name, text, rule)
    return cls(**given)


def _refused(name: str, text: str, rule: Rule) -> SettingError:
    return SettingError(f"{variable(name)}={_shown(text, rule)!r} is refused: it has to be {rule.words}")


def _shown(text: str, rule: Rule) -> str:
    """What may be repeated of a refused value.

    >>> _shown("postgresql:me:secret@host/name", DATABASE), _shown("http://me:secret@proxy", WEB_ADDRESS)
    ('postgresql:…', '…@proxy')
    """
    if rule.private:
        scheme = _SCHEME.match(text)
        return f"{scheme[0] if scheme else ''}…"
    return re.sub(r".*@", "…@", text, flags=re.DOTALL)  # me:secret@proxy, whatever the password holds


def _convert(name: str, text: str, kind: type[Any]) -> Any:
    try:
        return kind(text)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise _refused(name, text, Rule(words, lambda _: False)) from None


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """The data folder and the database of one archive; every package that opens the store extends these."""

    data: Path = setting(
        Path("data"), "The folder that holds the archive: WARC files, the store and the index.", FOLDER)
    database: str = setting(
        "", "Database URL of the store; empty means the file gongbao.sqlite in the data folder.", DATABASE)

    def database_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database or f"sqlite:///{self._store_file()}"

    def has_store(self) -> bool:
        """True where there is a store to open, also one that cannot be looked at: opening it raises the reason."""
        try:
            return bool(self.database) or self._store_file().stat() is not None
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def _store_file(self) -> Path:
        return self.data / "gongbao.sqlite"
