"""docs/add-a-source.md explains every function and dataclass field that a source file can use."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from crawler.extract.landmarks import Landmarks
from crawler.source import Expect, Layout, Listing, Source
from house import ROOT, tree

PAGE = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
WORDS = [node.name for node in tree(Path("crawler/extract/fields.py")).body
         if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize("word", WORDS)
def test_a_field_word_is_explained(word):
    assert f"`{word}(" in PAGE


@pytest.mark.parametrize(("cls", "name"), [
    (cls, each.name) for cls in (Source, Listing, Layout, Expect, Landmarks) for each in fields(cls)])
def test_a_field_of_a_source_file_is_explained(cls, name):
    assert f"`{name}`" in PAGE, f"docs/add-a-source.md does not say what {cls.__name__}.{name} is"
