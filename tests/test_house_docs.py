"""The generated pages are up to date, every command and setting is on them, and every page names only what exists."""

import re

import click
import pytest
from cogapp import Cog

import gongbao
from archive.settings import variable
from support.house import ROOT, commands, files, sections, settings, settings_classes

COMMANDS = list(commands(gongbao.main))
PAGES = files(".md")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
TEXT = {path: (ROOT / path).read_text(encoding="utf-8") for path in PAGES}


def called(words):
    return " ".join(["gongbao", *words])


def cog(*arguments):
    """The exit code of cog over the pages of `docs/`."""
    pages = [str(ROOT / each) for each in PAGES if each.is_relative_to("docs")]
    return Cog().main(["cog", "--verbosity=0", "-I", str(ROOT / "docs"), *arguments, *pages])


def test_the_generated_parts_of_the_pages_are_up_to_date(capsys):
    assert cog("--check", "--diff") == 0, f"run make docs\n{capsys.readouterr().out}"


def test_a_generated_part_that_is_not_up_to_date_is_seen(monkeypatch):
    monkeypatch.setattr(gongbao.main.commands["serve"], "help", "Another help text.")
    assert cog("--check") != 0


def test_every_package_with_settings_is_seen():
    assert "CrawlerSettings" in {each.__name__ for each in settings_classes()}


@pytest.mark.parametrize("field", settings(), ids=lambda each: each.name)
def test_a_setting_is_documented(field):
    assert field.metadata.get("help"), f"{field.name} has no help text; declare it with archive.settings.setting"
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"| `{variable(field.name)}` |" in page, "add a cog block for its class to docs/settings.md, run make docs"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_names_a_setting_that_does_not_exist(page):
    named = set(re.findall(r"\bGONGBAO_[A-Z_]*[A-Z]", TEXT[page]))
    assert named <= {variable(each.name) for each in settings()} | {"GONGBAO_TEST_DATABASE"}  # of the tests themselves


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[called(words) for words, _ in COMMANDS])
def test_a_command_and_its_options_are_documented(words, command):
    assert command.help, f"{called(words)} has no help text"
    section = sections("commands.md").get(called(words))
    assert section, f"docs/commands.md has no section '## `{called(words)}`'"
    assert f'reference.command("{" ".join(words)}")' in section, "copy the cog block of another command, run make docs"
    for option in [each for each in command.params if isinstance(each, click.Option)]:
        assert option.help, f"{called(words)} {option.opts[0]} has no help text"


def test_no_command_is_documented_that_does_not_exist():
    assert set(sections("commands.md")) - {"Exit codes"} == {called(words) for words, _ in COMMANDS}


@pytest.mark.parametrize("name", sections("commands.md"))
def test_no_option_is_documented_that_does_not_exist(name):
    known = {called(words): command for words, command in COMMANDS}
    if name not in known:
        return
    real = {opt for each in known[name].params for opt in each.opts} | {"--help"}
    assert set(re.findall(r"`(--[a-z-]+)", sections("commands.md")[name])) <= real


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", TEXT[page])) <= targets


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_gongbao_command_that_a_page_names_exists(page):
    words = {words[0] for words, _ in COMMANDS}
    named = set(re.findall(r"(?:`|^    (?:\$ )?|bin/)gongbao ([a-z]+)", TEXT[page], re.MULTILINE))
    assert named <= words


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXT[page]):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (ROOT / page.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda each: each.name)
def test_a_decision_has_a_number_a_title_and_a_reason(path):
    text = path.read_text(encoding="utf-8")
    assert re.match(r"\d{4}-[a-z0-9-]+\.md$", path.name)
    assert re.match(rf"# {int(path.name[:4])}\. \S.+\n", text), "the first line is '# <number>. <what was decided>'"
    assert re.search(r"^## Why\n\n\S", text, re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_listed():
    assert [int(each.name[:4]) for each in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert len(DECISIONS) > 0
    index = TEXT[next(page for page in PAGES if page.as_posix() == "docs/index.md")]
    assert [each.name for each in DECISIONS if each.name not in index] == []


def test_the_changelog_has_an_unreleased_part():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
