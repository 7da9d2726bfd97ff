"""The tree as the house tests read it: files by git, syntax trees, all settings and commands, benchmark scripts."""

import ast
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("archive", "crawler", "indexer", "webapp", "demo")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _listed() -> tuple[Path, ...]:
    """The files that git tracks, or would track: those that .gitignore names are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("CI"):
            raise
        trouble = str(getattr(error, "stderr", "") or error).strip()
        pytest.skip(f"these tests read the files that git lists: {trouble}", allow_module_level=True)
    return tuple(sorted(Path(each) for each in done.stdout.split("\0") if each and (ROOT / each).is_file()))


def files(*endings: str, under: str = ".") -> list[Path]:
    """The files of the tree, on demand those with one of these endings or below a folder, as paths from its root.

    Without git the test is skipped, or the whole module where this is called on import; in CI that is an error.
    """
    return [each for each in _listed() if each.is_relative_to(under) and (not endings or each.suffix in endings)]


def shipped() -> list[Path]:
    """The Python files of the wheel: the packages and gongbao.py."""
    return [Path("gongbao.py"), *(each for package in PACKAGES for each in files(".py", under=package))]


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, imports in functions and for type checking included."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(resolved(path, node))
    return found


def resolved(path: Path, node: ast.ImportFrom) -> str:
    """The absolute module name of a `from … import`, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = path.parts[: len(path.parts) - node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


@cache
def settings_classes() -> tuple[type, ...]:
    """The settings dataclasses: classes of `<package>/settings.py` whose fields carry a help text."""
    found = []
    for package in PACKAGES:
        if importlib.util.find_spec(f"{package}.settings") is None:
            continue
        module = importlib.import_module(f"{package}.settings")
        own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
        found += [each for each in own if isinstance(each, type) and is_dataclass(each)
                  and any("help" in field.metadata for field in fields(each))]
    return tuple(found)


def settings() -> list[Field]:
    """Every setting of every package."""
    return [each for cls in settings_classes() for each in fields(cls)]


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it, groups walked and given too."""
    for name, command in sorted(group.commands.items()):
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


def sections(page: str, mark: str = "## ") -> dict[str, str]:
    """The parts of a Markdown page under `docs/`, by heading."""
    parts = ("\n" + (ROOT / "docs" / page).read_text(encoding="utf-8")).split("\n" + mark)[1:]
    return {part.split("\n")[0].strip().strip("`"): part for part in parts}


def load_script(name: str) -> ModuleType:
    """The module of `bench/<name>.py`, which other scripts import by that name while it is loaded."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "bench" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, name, module)  # dataclasses look their module up
        spec.loader.exec_module(module)
    return module
