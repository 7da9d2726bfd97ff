"""Tags against hand-labelled texts: `bench/tagging.py --labels FILE [--texts DIR]`; the last line is one line of JSON.

A label is one line of JSON: `ref`, `where` (`texts/<file>` with `line`, or `corpus`), `title`, `begin` and `end`, which
cut page furniture off the text, `primary`, `secondary`, `passing`, `orgs_actor`, `orgs_passing`, `missing_topics`.
Precision is the share of our tags that are labels or ancestors of one; recall is the share of labels that are tags.
"About" compares tags of that grade with `primary` and `orgs_actor`, "any" all tags with all labels but `passing`. A
kind of release counts as the topic that it once was. A topic that is named under `missing_topics` is not false.
"""

import argparse
import json
import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archive.urls import host_of  # noqa: E402
from corpus import SHARED, require_shared  # noqa: E402
from indexer.documents.document import Grade  # noqa: E402
from indexer.documents.tagging import Tagger  # noqa: E402
from indexer.documents.tags import Tags  # noqa: E402
from indexer.query.arguments import FORMER_TOPICS  # noqa: E402
from indexer.vocabulary.entry import normalize_text  # noqa: E402
from indexer.vocabulary.loader import load  # noqa: E402

LABELS = SHARED / "corpus" / "topic_labels.jsonl"
# The id with which a line of the corpus begins: '{"id": "mofcom-1", …'
_ID = re.compile(r'"id": ?"([^"]+)"')
_GROUPS = {"topics": (("primary",), ("primary", "secondary")), "organizations": (("orgs_actor",), ("orgs_actor",))}
"""Keys of the labels that count for "about" and for "any"."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with its label; `body` is cut as the label says."""

    label: Mapping[str, Any]
    title: str
    body: str


@dataclass(slots=True)
class Score:
    """Counts of right and all tags, and of found and all labels; `errors` names each fault."""

    right: int = 0
    tags: int = 0
    found: int = 0
    labels: int = 0
    errors: list[str] = field(default_factory=list)

    def precision(self) -> float | None:
        """The share of tags that are labels, None without tags."""
        return round(self.right / self.tags, 3) if self.tags else None

    def recall(self) -> float | None:
        """The share of labels that are tags, None without labels."""
        return round(self.found / self.labels, 3) if self.labels else None


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The labels of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def labelled_texts(labels: list[dict[str, Any]], folders: Iterable[Path]) -> Iterator[LabelledText]:
    """The labels with their texts, looked for in these folders; exits with a message where a file is missing."""
    places = list(folders)
    wanted = {each["ref"] for each in labels if each["where"] == "corpus"}
    corpus = _corpus_texts(_find(places, "docs.jsonl.xz"), wanted) if wanted else {}
    files: dict[str, list[str]] = {}
    for each in labels:
        if each["where"] == "corpus":
            raw = corpus[each["ref"]]
            yield LabelledText(each, raw["title"], _cut(raw["body"], each))
        else:
            name = Path(each["where"]).name
            lines = files.setdefault(name, _find(places, name).read_text(encoding="utf-8").splitlines())
            raw = json.loads(lines[each["line"] - 1])
            yield LabelledText(each, raw["title"], _cut(raw["text"], each))


def scores(texts: Iterable[LabelledText], tagger: Tagger) -> dict[tuple[str, str, str], Score]:
    """The scores by group, grade ("about" or "any") and language ("all" has every text)."""
    found: dict[tuple[str, str, str], Score] = {}
    for each in texts:
        tags = _tags(each, tagger)
        for group, keys in _GROUPS.items():
            for grade, counted in zip(("about", "any"), keys, strict=True):
                labels = {label for key in counted for label in each.label.get(key, ())}
                ours = _ids(tags, group, grade)
                for language in ("all", each.label["lang"]):
                    _count(found.setdefault((group, grade, language), Score()), each, (group, ours, labels))
    return found


def _tags(text: LabelledText, tagger: Tagger) -> Tags:
    host = host_of(text.label["ref"]) if "//" in text.label["ref"] else ""
    return tagger.tags(text.title, text.body, load().site(host))


def _ids(tags: Tags, group: str, grade: str) -> set[str]:
    """The ids of our tags; a kind of release counts as the topic that it once was."""
    found = {each.id for each in getattr(tags, group) if grade == "any" or each.grade is Grade.ABOUT}
    if group == "topics" and tags.type and tags.type.id in FORMER_TOPICS:
        found.add(tags.type.id)
    return found


def _count(score: Score, text: LabelledText, counted: tuple[str, set[str], set[str]]) -> None:
    group, ours, labels = counted
    allowed = labels | {each for label in labels for each in _ancestors(group, label)}
    if group == "topics":
        allowed |= _named_missing(text.label)
    score.right += len(ours & allowed)
    score.tags += len(ours)
    score.found += len(ours & labels)
    score.labels += len(labels)
    where = f"{text.label['ref']} ({text.title[:60]})"
    score.errors += [f"false {each}: {where}" for each in sorted(ours - allowed)]
    score.errors += [f"missed {each}: {where}" for each in sorted(labels - ours)]


def _ancestors(group: str, label: str) -> tuple[str, ...]:
    entries = getattr(load(), group)
    return load().ancestors(group, label) if label in entries else ()


def _named_missing(label: Mapping[str, Any]) -> set[str]:
    """Topics that the label could not have yet and names in words."""
    said = normalize_text(str(label.get("missing_topics", "")))
    return {each.id for each in load().topics.values() if normalize_text(each.name["en"]) in said}


def _corpus_texts(path: Path, wanted: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if (named := _ID.search(line)) and named[1] in wanted:
                raw = json.loads(line)
                found[raw["id"]] = raw
                if len(found) == len(wanted):
                    return found
    sys.exit(f"{path} lacks {', '.join(sorted(wanted - set(found)))}")


def _find(folders: list[Path], name: str) -> Path:
    """The file of this name in the first folder that has it, directly or in its folder texts or corpus."""
    places = [folder / part / name for folder in folders for part in (".", "texts", "corpus")]
    return next((each for each in places if each.is_file()), None) or require_shared(places[-1])


def _cut(text: str, label: Mapping[str, Any]) -> str:
    """The text from the last `begin` up to the next `end`."""
    start = max(text.rfind(label["begin"]), 0) if label.get("begin") else 0
    end = text.find(label["end"], start) if label.get("end") else -1
    return text[start:end if end >= 0 else None]


def summary(found: Mapping[tuple[str, str, str], Score], language: str) -> dict[str, dict[str, float | None]]:
    """Precision and recall of each group and grade."""
    return {group: {f"{name}_{grade}": getattr(found.get((group, grade, language), Score()), name)()
                    for grade in ("about", "any") for name in ("precision", "recall")} for group in _GROUPS}


def main() -> None:
    """Tag the labelled texts and print the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--labels", type=Path, default=LABELS, help="the labels, one line of JSON each")
    parser.add_argument("--texts", type=Path, default=SHARED / "texts", help="the folder of the texts")
    parser.add_argument("--errors", action="store_true", help="list every false and missed tag of grade about")
    chosen = parser.parse_args()
    folders = [chosen.texts, chosen.texts.parent, chosen.labels.resolve().parent, SHARED]
    found = scores(labelled_texts(read_labels(require_shared(chosen.labels)), folders), Tagger(load()))
    if chosen.errors:
        for group in _GROUPS:
            counted = Counter(found[group, "about", "all"].errors)
            print("\n".join(f"{group}: {each}" for each in sorted(counted)))
    for language in sorted({key[2] for key in found} - {"all"}):
        print(f"{language}: {json.dumps(summary(found, language))}")
    print(json.dumps(summary(found, "all")))


if __name__ == "__main__":
    main()
