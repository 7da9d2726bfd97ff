"""Limits that ruff has no rule for: lines of a module, lines of a function, an example above a regular expression."""

import ast

from support.house import ROOT, files, functions, shipped, tree

LINES_OF_A_MODULE, LINES_OF_A_FUNCTION = 400, 40


def lines(path):
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def test_a_module_has_at_most_400_lines():
    long = {str(path): size for path in files(".py") if (size := len(lines(path))) > LINES_OF_A_MODULE}
    assert long == {}, "split each in two modules with a name of their own"


def test_a_function_has_at_most_40_lines():
    long = {f"{path}:{each.lineno} {each.name}": size for path in files(".py") for each in functions(path)
            if (size := (each.end_lineno or 0) - each.lineno + 1) > LINES_OF_A_FUNCTION}
    assert long == {}


def test_a_regular_expression_of_a_module_has_an_example_above_it():
    mute = [f"{path}:{each.lineno}" for path in shipped() for each in tree(path).body
            if isinstance(each, ast.Assign | ast.AnnAssign) and "re.compile(" in ast.unparse(each)
            and not any(line.startswith("#") for line in block_above(lines(path), each.lineno - 1))]
    assert mute == [], "write an example of what it matches in a comment above each"


def block_above(text, index):
    """The lines right above, up to a blank one."""
    start = index
    while start > 0 and text[start - 1].strip():
        start -= 1
    return text[start:index]
