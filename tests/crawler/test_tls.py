"""TLS: certificates are always verified; private authorities and legacy servers are a setting of each source."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import trustme
from click.testing import CliRunner

import gongbao
from archive.errors import SettingError
from crawler.settings import CrawlerSettings, TlsOptions
from crawler.spiders.tls_handler import OP_LEGACY_SERVER_CONNECT, TlsPolicy
from support.crawl import Archived
from support.tls_sites import anonymous_context, crawl_sites, legacy_context, tls_site

PAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def pem(authority, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def crawled(authority, pem, tmp_path_factory) -> Archived:
    """One crawl of six servers, each with its fault and its settings."""
    good = authority.issue_cert("localhost")
    expired = authority.issue_cert("localhost", not_before=PAST[0], not_after=PAST[1])
    servers = {
        "camce": (good, None), "ccdp_me": (good, None), "cnus_cccme": (authority.issue_cert("elsewhere.example"), None),
        "made_in_china": (expired, None), "mofcom_en": (good, legacy_context()), "mofcom_zh": (good, legacy_context()),
    }
    trusted = [name for name in servers if name != "ccdp_me"]
    settings = {"GONGBAO_CA_FILES": " ".join(f"{name}={pem}" for name in trusted), "GONGBAO_LEGACY_TLS": "mofcom_zh"}
    with ExitStack() as stack:
        sites = {name: stack.enter_context(tls_site(*server)) for name, server in servers.items()}
        return crawl_sites(tmp_path_factory.mktemp("tls") / "data", sites, settings)


def codes(found: Archived, name: str) -> set[str]:
    """The codes of the causes for which lists of a source failed."""
    return {each["cause"]["code"] for each in found.run_of(name).reasons if each["code"] == "lists_failed"}


@pytest.mark.parametrize("name", ["camce", "mofcom_zh"])
def test_a_private_authority_and_a_legacy_server_are_crawled_where_the_settings_say_so(crawled, name):
    run = crawled.run_of(name)
    assert (run.counts["lists"], run.counts["links"]) == (1, 1), run.reasons


@pytest.mark.parametrize("name", ["ccdp_me", "cnus_cccme", "made_in_china"])
def test_an_unknown_authority_another_host_and_an_expired_certificate_are_refused(crawled, name):
    assert codes(crawled, name) == {"tls_certificate"}
    assert crawled.run_of(name).verdict == "failed"
    [said] = [each for each in crawled.notes(name) if "certificate" in each]
    assert "the certificate of localhost cannot be verified (" in said
    assert "GONGBAO_CA_FILES" in said


def test_a_certificate_for_another_host_is_said_to_be_one(crawled):
    assert "(it is that of another host)" in "; ".join(crawled.notes("cnus_cccme"))


def test_a_legacy_server_is_refused_without_the_setting(crawled):
    assert codes(crawled, "mofcom_en") == {"tls_handshake"}
    assert "add the source to GONGBAO_LEGACY_TLS" in "; ".join(crawled.notes("mofcom_en"))


def test_nothing_is_kept_of_a_server_that_is_not_verified(crawled):
    assert len({urlsplit(row.url).port for row in crawled.rows["captures"]}) == 2


def test_a_legacy_server_is_verified_too(authority, pem, tmp_path):
    good = authority.issue_cert("localhost")
    wrong = authority.issue_cert("elsewhere.example")
    settings = {"GONGBAO_LEGACY_TLS": "mofcom_zh camce ccdp_me", "GONGBAO_CA_FILES": f"camce={pem} ccdp_me={pem}"}
    with tls_site(good, legacy_context()) as unknown, tls_site(wrong, legacy_context()) as other, \
            tls_site(good, anonymous_context()) as anonymous:
        found = crawl_sites(tmp_path / "data", {"mofcom_zh": unknown, "camce": other, "ccdp_me": anonymous}, settings)
    assert codes(found, "mofcom_zh") == codes(found, "camce") == {"tls_certificate"}
    assert codes(found, "ccdp_me") == {"tls_handshake"}


def test_one_authority_may_be_trusted_for_every_source(authority, pem, tmp_path):
    good = authority.issue_cert("localhost")
    with tls_site(good) as one, tls_site(good) as other:
        found = crawl_sites(tmp_path / "data", {"mofcom_zh": one, "camce": other}, {"GONGBAO_CA_FILES": f"*={pem}"})
    assert [row.counts["lists"] for row in found.rows["runs"]] == [1, 1]


def test_an_intermediate_authority_may_be_trusted_without_its_root(authority, tmp_path):
    middle = authority.create_child_ca()
    middle.cert_pem.write_to_path(str(tmp_path / "middle.pem"))
    with tls_site(middle.issue_cert("localhost")) as url:
        found = crawl_sites(tmp_path / "data", {"camce": url}, {"GONGBAO_CA_FILES": f"camce={tmp_path / 'middle.pem'}"})
    assert found.run_of("camce").counts["lists"] == 1


@pytest.mark.parametrize("legacy", [True, False])
def test_servers_without_secure_renegotiation_are_a_matter_of_the_setting(legacy):
    policy = TlsPolicy(TlsOptions(legacy=legacy))
    context = policy.creatorForNetloc(b"www.mofcom.gov.cn", 443)._createConnection.__self__.getContext()
    assert bool(context.set_options(0) & OP_LEGACY_SERVER_CONNECT) == legacy


def test_options_are_those_of_the_source(pem):
    settings = CrawlerSettings(legacy_tls="mofcom_en  mofcom_zh", ca_files=f"mofcom_zh={pem} *={pem}")
    assert settings.tls("mofcom_zh") == TlsOptions(legacy=True, ca_files=(pem, pem))
    assert settings.tls("mofcom_en") == TlsOptions(legacy=True, ca_files=(pem,))
    assert settings.tls("camce") == TlsOptions(ca_files=(pem,))
    assert CrawlerSettings().tls("mofcom_zh") == TlsOptions()


@pytest.mark.parametrize(("wrong", "said"), [
    ({"legacy_tls": "mofcom_zh mofcom"}, "GONGBAO_LEGACY_TLS names 'mofcom', which is no source; known are camce, "),
    ({"ca_files": "mofcom=PEM"}, "GONGBAO_CA_FILES names 'mofcom', which is no source; known are camce, "),
    ({"ca_files": "camce=/no/such.pem"}, "GONGBAO_CA_FILES: /no/such.pem cannot be read: No such file or directory"),
    ({"ca_files": f"camce={__file__}"}, f"GONGBAO_CA_FILES: {__file__} holds no certificate in PEM form"),
])
def test_a_mistake_in_the_settings_is_named(wrong, said, pem):
    with pytest.raises(SettingError) as error:
        replace(CrawlerSettings(), **{name: value.replace("PEM", pem) for name, value in wrong.items()})
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(("name", "value"), [
    ("GONGBAO_CA_FILES", "/etc/ssl/own.pem"), ("GONGBAO_CA_FILES", "camce="),
    ("GONGBAO_LEGACY_TLS", "camce,mofcom_en")])
def test_a_crawl_with_a_mistake_ends_in_one_sentence(name, value, tmp_path):
    settings = {"GONGBAO_DATA": str(tmp_path / "data"), name: value}
    result = CliRunner(env=settings).invoke(gongbao.main, ["crawl", "camce"])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"gongbao: {name}")
    assert len(result.stderr.splitlines()) == 1
