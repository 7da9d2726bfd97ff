"""The examples in docstrings hold."""

import doctest
import importlib

import pytest

from support.house import ROOT, shipped

WITH_EXAMPLES = [each for each in shipped() if ">>> " in (ROOT / each).read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_the_examples_of_a_module_hold(path):
    name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
