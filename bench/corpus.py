"""Real texts of both languages to measure with: the corpus that stands beside the checkout."""

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPUS = SHARED / "corpus" / "docs.jsonl.xz"


def beside(path: Path) -> Path:
    """The path of something in the shared folder; ends the program with one sentence where it is missing."""
    if not path.is_file():
        sys.exit(f"{path.name} is not beside the checkout (../shared/{path.parent.name}): nothing to measure")
    return path


def texts(keep: Callable[[int], bool]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The texts whose number, counted from 1, is kept: dictionaries with title, body, lang, group and date."""
    with lzma.open(beside(CORPUS), "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if keep(number):
                yield number, json.loads(line)


def most(number: int) -> bool:
    """Five of seven texts, of each of the corpus's groups: about 100,000."""
    return number % 7 < 5
