"""Settings: one frozen dataclass per package, built once from the environment (`GONGBAO_*`) and passed down."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from crawler.errors import CrawlerError

T = TypeVar("T")


class SettingError(CrawlerError):
    """An environment variable holds something that its setting cannot be made from."""


def setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    """A dataclass field with the text that `docs/settings.md` lists it under."""
    return field(default=default, metadata={"help": help_text, "secret": secret})


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("data")
    'GONGBAO_DATA'
    """
    return f"GONGBAO_{name.upper()}"


def from_environment(cls: type[T], environ: Mapping[str, str]) -> T:
    """The settings that the environment asks for; unset and empty variables leave the default."""
    given: dict[str, Any] = {}
    for each in fields(cls):  # type: ignore[arg-type]
        text = environ.get(variable(each.name), "").strip()
        if text:
            given[each.name] = _convert(each.name, text, type(each.default) if each.default is not MISSING else str)
    return cls(**given)


def _convert(name: str, text: str, kind: type[Any]) -> Any:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            return text.lower() in ("1", "true", "yes", "on")
        raise SettingError(f"{variable(name)}={text!r} is neither yes nor no; set it to 1 or 0")
    try:
        return Path(text) if issubclass(kind, Path) else kind(text)
    except ValueError as error:
        raise SettingError(f"{variable(name)}={text!r} is not a {kind.__name__}: {error}") from None


@dataclass(frozen=True, slots=True)
class CrawlerSettings:
    """Where the archive lives and how politely it is filled."""

    data: Path = setting(Path("data"), "The folder that holds the archive: WARC files, the store and the index.")
    database: str = setting("", "Database URL of the store; empty means the file gongbao.sqlite in the data folder.")
    contact: str = setting(
        "https://github.com/gongbao/gongbao",
        "Address or e-mail that the user agent names, so that a site's staff can reach whoever runs the crawler.")
    delay: float = setting(2.0, "Seconds between two requests to one host, where a source does not ask for more.")
    timeout: float = setting(30.0, "Seconds after which a request that brought no answer is given up and retried.")
    patience: float = setting(
        60.0, "Longest Retry-After, in seconds, that a crawl waits for; what asks for more is left for the next run.")
    revisit: float = setting(
        20.0, "Hours that pass at least before a recent release is asked for again to see whether it was changed.")
    page_limit: int = setting(8 * 1024 * 1024, "Bytes above which an HTML page is kept but not read.")
    via: str = setting(
        "", "Address of a local replica that answers for every host (demo and tests); captures made so say it.")

    def database_url(self) -> str:
        """The SQLAlchemy address of the store."""
        return self.database or f"sqlite:///{self.data / 'gongbao.sqlite'}"
