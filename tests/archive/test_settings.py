"""Settings are parsed from the environment, or refused with a message that names the variable."""

from pathlib import Path

import pytest

from archive.db.store import Store
from archive.errors import SettingError, StoreError
from archive.settings import from_environment, variable
from crawler.settings import CrawlerSettings
from indexer.settings import IndexerSettings
from support.house import settings, settings_classes
from webapp.settings import BASE_URL, WebSettings

REFUSED = [
    (CrawlerSettings, "delay", "-1", "a number from 0 to 3600"),
    (CrawlerSettings, "delay", "nan", "a number from 0 to 3600"),
    (CrawlerSettings, "delay", "inf", "a number from 0 to 3600"),
    (CrawlerSettings, "delay", "two", "a number"),
    (CrawlerSettings, "timeout", "0", "a number from 0.1 to 3600"),
    (CrawlerSettings, "patience", "-0.5", "a number from 0 to 86400"),
    (CrawlerSettings, "revisit", "-1", "a number from 0 to 100000"),
    (CrawlerSettings, "contact", "me\nX-Other: you", "one line of text"),
    (CrawlerSettings, "via", "127.0.0.1:80", "an http:// or https:// address"),
    (CrawlerSettings, "via", "http://a b/", "an http:// or https:// address"),
    (CrawlerSettings, "via", "http://127.0.0.1:99999", "an http:// or https:// address"),
    (CrawlerSettings, "data", __file__, "the path of a folder"),
    (CrawlerSettings, "data", f"{__file__}/below", "the path of a folder"),
    (CrawlerSettings, "data", "/dev/null/below", "the path of a folder"),
    (IndexerSettings, "engine", "sphinx", "embedded"),
    (WebSettings, "language", "fr", "en or zh"),
    (WebSettings, "page_size", "0", "a number from 1 to 100"),
    (WebSettings, "page_size", "ten", "a whole number"),
    (WebSettings, "feed_size", "-1", "a number from 1 to 500"),
    (WebSettings, "port", "99999", "a number from 0 to 65535"),
    (WebSettings, "threads", "0", "a number from 1 to 64"),
    (WebSettings, "notice", "one\x1b[2Jtwo", "one line of text"),
    *((WebSettings, "address", each, BASE_URL.description) for each in (
        "archive.example.org", "https://archive.example.org/?q=", "https://档案.example.org", "https://x.org/%61",
        "https://x.org//a", "https://x.org/a/../b", "https://x.org/.", "https://x.org/search/", "https://x.org/article/a")),
]


@pytest.mark.parametrize(("kind", "name", "text", "wanted"), REFUSED)
def test_a_value_that_cannot_be_is_refused_by_name(kind, name, text, wanted):
    with pytest.raises(SettingError) as error:
        from_environment(kind, {variable(name): text})
    assert str(error.value) == f"{variable(name)}={text!r} is refused: it has to be {wanted}"


@pytest.mark.parametrize(("text", "shown"), [
    ("gongbao.sqlite", "…"), ("sqlite://", "sqlite://…"), ("sqlite:///:memory:", "sqlite://…"),
    ("sqlite:///a.db?mode=ro", "sqlite://…"), ("postgresql+foo://h/x", "postgresql+foo://…"),
    ("mysql://me:secret@host/gongbao", "mysql://…"), ("postgres://me:se/secret@host", "postgres://…"),
    ("postgresql:me:secret@host/gongbao", "postgresql:…"), ("postgresql://me:secret", "postgresql://…"),
    ("postgresql://me:se@secret@host/gongbao", "postgresql://…"), ("postgresql:///me:secret@host/gongbao", "postgresql://…"),
    ("PostgreSQL+asyncpg://me:secret/x", "PostgreSQL+asyncpg://…"), ("me:secret@host/gongbao", "…"), ("me:secret", "…"),
    ("host=db user=me password=secret", "…"), ("jdbc:postgresql://host/x?password=secret", "…")])
def test_of_a_refused_database_only_the_scheme_is_repeated(text, shown):
    with pytest.raises(SettingError) as error:
        from_environment(CrawlerSettings, {"GONGBAO_DATABASE": text})
    assert str(error.value) == (f"GONGBAO_DATABASE={shown!r} is refused: it has to be the address of a database: "
                                "sqlite:///… or postgresql://…, with %40 for an @ in a password")


@pytest.mark.parametrize("text", ["socks://me:secret@proxy:1", "http://me:se@secret@proxy:1", "me:secret@proxy:1"])
def test_the_password_of_a_refused_proxy_is_not_repeated(text):
    with pytest.raises(SettingError, match=r"^GONGBAO_VIA='…@proxy:1' is refused"):
        from_environment(CrawlerSettings, {"GONGBAO_VIA": text})


@pytest.mark.parametrize("kind", settings_classes(), ids=lambda each: each.__name__)
def test_without_an_environment_every_setting_has_its_default(kind):
    assert from_environment(kind, {}) == kind() == from_environment(kind, {"GONGBAO_DATA": " ", "GONGBAO_PORT": ""})


@pytest.mark.parametrize("field", settings(), ids=lambda each: each.name)
def test_a_default_keeps_to_its_own_rule(field):
    assert field.default in ("", None) or field.metadata["rule"].accepts(field.default)


@pytest.mark.parametrize(("name", "text", "value"), [
    ("database", "sqlite:////srv/gongbao.sqlite", "sqlite:////srv/gongbao.sqlite"),
    ("database", "postgresql://me:p%40ss@[::1]:5432/gongbao", "postgresql://me:p%40ss@[::1]:5432/gongbao"),
    ("database", "postgresql+psycopg:///gongbao?host=/run", "postgresql+psycopg:///gongbao?host=/run"),
    ("via", "http://127.0.0.1:8100/", "http://127.0.0.1:8100/"),
    ("data", "not/there/yet", Path("not/there/yet")),
    ("contact", "公报 gongbao@example.org", "公报 gongbao@example.org"),
    ("delay", "0", 0.0),
    ("revisit", "1e3", 1000.0),
])
def test_what_fits_is_taken(name, text, value):
    assert getattr(from_environment(CrawlerSettings, {variable(name): text}), name) == value


@pytest.mark.parametrize("text", ["https://x.org", "https://x.org/", "https://x.org:8443/archive/gongbao/"])
def test_a_site_may_stand_below_any_plain_address(text):
    assert from_environment(WebSettings, {"GONGBAO_ADDRESS": text}).address == text


def test_values_are_of_the_setting_s_kind():
    made = from_environment(WebSettings, {"GONGBAO_DATA": " /srv/archive ", "GONGBAO_PORT": "0", "GONGBAO_HOST": "::1"})
    assert (made.data, made.port, made.host) == (Path("/srv/archive"), 0, "::1")
    assert from_environment(CrawlerSettings, {"GONGBAO_DELAY": "0.5"}).delay == 0.5


def test_there_is_a_store_where_one_was_made_or_a_database_is_named(tmp_path):
    assert not CrawlerSettings(data=tmp_path).has_store()
    assert not CrawlerSettings(data=Path(__file__)).has_store()
    assert CrawlerSettings(data=tmp_path, database="postgresql://host/gongbao").has_store()
    Store.open(CrawlerSettings(data=tmp_path)).close()
    assert CrawlerSettings(data=tmp_path).has_store()


def test_a_folder_that_cannot_be_looked_at_is_refused_by_name(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("d" * 300)  # too long for a name, which even root is refused
    with pytest.raises(SettingError, match="/link/below' is refused: it has to be the path of a folder"):
        from_environment(CrawlerSettings, {"GONGBAO_DATA": str(link / "below")})


def test_a_store_that_cannot_be_looked_at_is_not_missing_but_told(tmp_path):
    settings = CrawlerSettings(data=tmp_path / ("d" * 300))  # too long for a name, which even root is refused
    assert settings.has_store()
    with pytest.raises(StoreError, match="cannot be accessed: File name too long; check the permissions"):
        Store.open(settings, readonly=True)


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'psycopg'", name="psycopg"),
                                   ImportError("no pq wrapper available.\nAttempts made: …")], ids=["missing", "half"])
def test_a_database_whose_driver_is_missing_says_what_to_install(monkeypatch, error):
    said = str(error).partition("\n")[0]

    def missing(url, **_options):
        raise error

    monkeypatch.setattr("archive.db.dialects.create_engine", missing)
    with pytest.raises(StoreError) as told:
        Store.open(CrawlerSettings(database="postgresql://me:secret@host/gongbao?password=secret"))
    assert said in str(told.value)
    assert "the store postgresql://me:***@host/gongbao cannot be opened" in str(told.value)
    assert "pip install 'psycopg[binary]'" in str(told.value)
    assert "secret" not in str(told.value)
