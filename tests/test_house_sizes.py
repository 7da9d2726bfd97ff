"""Functions, modules and signatures stay small enough to be read in one look; what is public says what it gives."""

import ast

import pytest

from support.house import ROOT, files, functions, shipped, tree

LINES_OF_A_FUNCTION, LINES_OF_A_MODULE, PARAMETERS = 40, 400, 4
SHIPPED = shipped()
FILES = files(".py")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_module_has_at_most_400_lines(path):
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_OF_A_MODULE, f"{path} has {lines} lines: part it in two that each have a name"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_function_has_at_most_40_lines(path):
    long = {f"{each.name}:{each.lineno}": size for each in functions(path)
            if (size := (each.end_lineno or 0) - each.lineno + 1) > LINES_OF_A_FUNCTION}
    assert not long, f"{path} has functions of more than {LINES_OF_A_FUNCTION} lines: {long}"


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_a_function_takes_at_most_4_positional_parameters(path):
    wide = {}
    for each in functions(path):
        names = [arg.arg for arg in each.args.posonlyargs + each.args.args]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > PARAMETERS:
            wide[f"{each.name}:{each.lineno}"] = count
    assert not wide, f"{path}: {wide}; give a dataclass, or make the rare ones keyword-only"


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_what_is_public_has_a_docstring(path):
    public = [tree(path), *(each for each in tree(path).body
                            if isinstance(each, ast.FunctionDef | ast.ClassDef) and not each.name.startswith("_"))]
    mute = [getattr(each, "name", "the module") for each in public if not ast.get_docstring(each)]
    assert not mute, f"{path}: {mute} should say in one sentence what the caller gets"


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_a_regular_expression_has_an_example_above_it(path):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    mute = [each.lineno for each in tree(path).body
            if isinstance(each, ast.Assign | ast.AnnAssign) and "re.compile(" in ast.unparse(each)
            and not any(line.startswith("#") for line in block_above(lines, each.lineno - 1))]
    assert not mute, f"{path}: write an example of what it matches above the expression in line {mute}"


def block_above(lines, index):
    """The lines right above, up to a blank one."""
    start = index
    while start > 0 and lines[start - 1].strip():
        start -= 1
    return lines[start:index]
