"""Corpus of Chinese and English texts in ../shared, for benchmarks."""

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPUS = SHARED / "corpus" / "docs.jsonl.xz"


def require_shared(path: Path) -> Path:
    """The path of a file in the shared folder; exits with a message if it is missing."""
    if not path.is_file():
        sys.exit(f"{path} is missing; put the shared corpus and pages beside the checkout, "
                 "then run the benchmark again")
    return path


def texts(keep: Callable[[int], bool]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbers (from 1) and texts, where `keep(number)` is true; a text has title, body, lang, group and date."""
    with lzma.open(require_shared(CORPUS), "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if keep(number):
                yield number, json.loads(line)


def in_sample(number: int) -> bool:
    """True for five of seven texts, spread over all groups of the corpus: about 100,000."""
    return number % 7 < 5
