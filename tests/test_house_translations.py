"""The Chinese catalogue: complete, without unused messages, with the same placeholders, and compiled."""

import ast
import re
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from support.house import ROOT, tree

WEBAPP = ROOT / "webapp"
CATALOGUES = sorted((WEBAPP / "translations").glob("*/LC_MESSAGES/messages.po"))
# %(name)s · %(num)d
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def catalogue(path):
    with path.open("rb") as file:
        return read_po(file)


def forms(message):
    """A message's texts: one, or one for each plural form."""
    return message if isinstance(message, tuple | list) else (message,)


def entries(path):
    return [each for each in catalogue(path) if each.id]


def texts(compiled):
    return {forms(each.id)[0]: forms(each.string) for each in compiled if each.id}


@cache
def used():
    """Every message that the site shows, and the file it is in: those that `webapp/translations/babel.cfg` lists."""
    with (WEBAPP / "translations" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords={
        "_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None})
    return {forms(message)[0]: place for place, _, message, *_ in found}


def language(path):
    return path.parts[-3]


def test_there_is_chinese():
    assert "zh" in [language(path) for path in CATALOGUES]


@pytest.mark.parametrize("path", CATALOGUES, ids=language)
class TestCatalogue:
    def test_holds_every_message_of_the_site(self, path):
        missing = set(used()) - {forms(each.id)[0] for each in entries(path)}
        assert missing == set(), "run make translations, then translate"

    def test_holds_no_message_that_nobody_shows(self, path):
        assert {forms(each.id)[0] for each in entries(path)} - set(used()) == set(), "run make translations"
        assert not catalogue(path).obsolete

    def test_translates_every_message_and_guesses_none(self, path):
        assert [each.id for each in entries(path) if each.fuzzy or not all(forms(each.string))] == []

    def test_keeps_the_placeholders(self, path):
        for each in entries(path):
            wanted = set(PLACEHOLDER.findall(forms(each.id)[-1]))
            assert all(set(PLACEHOLDER.findall(text)) == wanted for text in forms(each.string)), each.id

    def test_is_compiled_from_what_is_written(self, path):
        written = BytesIO()
        write_mo(written, catalogue(path))
        written.seek(0)
        with path.with_suffix(".mo").open("rb") as file:
            assert texts(read_mo(file)) == texts(read_mo(written)), "run make translations"


def listed():
    """The files outside the site whose messages it shows: those that are listed by name."""
    with (WEBAPP / "translations" / "babel.cfg").open(encoding="utf-8") as file:
        methods, _ = parse_mapping_cfg(file)
    return {pattern for pattern, _ in methods if not pattern.startswith("webapp/")}


def test_messages_are_in_the_site_or_in_a_listed_file():
    outside = {each for each in used().values() if Path(each).parts[0] != "webapp"}
    assert outside == listed()


@pytest.mark.parametrize("path", sorted(listed()))
def test_every_marked_sentence_of_a_listed_file_is_extracted(path):
    marked = {ast.literal_eval(each.args[0]) for each in ast.walk(tree(Path(path)))
              if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "N_"}
    assert marked
    assert marked <= set(used())
