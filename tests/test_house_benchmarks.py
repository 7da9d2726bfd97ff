"""The page that `make bench` writes, from results of known content."""

from datetime import date

import pytest

from support.house import ROOT, load_script

BENCH = ROOT / "bench"
RESULT = {"name": "read", "ratio": 6.125, "target": 5.0, "bound": "at least", "met": True, "ours_seconds": 0.002,
          "theirs_seconds": 0.01225, "rounds": 7, "ratio_low": 5.9, "ratio_high": 6.4, "pages_per_second": 512}


@pytest.fixture(scope="module")
def runner():
    return load_script("all")


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "read.py"
    said = '"""Reading a page\nagainst another reader.\n\nMore.\n"""\n'
    path.write_text(said + 'print("noise")\nprint(\'{"name": "read"}\')\n')
    return path


def test_a_row_holds_ratio_target_and_verdict(runner, script):
    assert runner.row(script, RESULT) == (
        "| `read.py` | Reading a page against another reader. | 6.12 | 5.90 to 6.40 | at least 5.00 | yes |")


def test_a_missed_target_and_a_crash_both_show(runner, script):
    assert runner.row(script, {**RESULT, "met": False}).endswith("| **no** |")
    assert "did not run" in runner.row(script, None)


def test_the_page_names_machine_and_day_and_extra_figures(runner, script):
    page = runner.page({script: RESULT}, date(2026, 11, 21), "2 cores, Python 3.11.7")
    assert "2026-11-21" in page
    assert "2 cores, Python 3.11.7" in page
    assert "- **read**: ours 2 ms, theirs 12.2 ms, 7 rounds; pages per second: 512" in page


def test_the_last_line_of_json_counts_and_a_crash_counts_as_none(runner, script):
    assert runner.run(script) == {"name": "read"}
    script.write_text('print("{}")\nraise SystemExit(3)\n')
    assert runner.run(script) is None


def test_without_the_texts_a_benchmark_ends_with_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r"/corpus/docs\.jsonl is missing; put the shared corpus"):
        load_script("corpus").require_shared(tmp_path / "corpus" / "docs.jsonl")


def test_the_machine_is_described(runner):
    assert "Python 3" in runner.machine()
    assert "cores" in runner.machine()


@pytest.mark.parametrize("path", sorted(BENCH.glob("*.py")), ids=lambda each: each.name)
def test_scripts_that_import_the_harness_are_benchmarks(runner, path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert (path in runner.scripts()) == ("\nfrom harness import" in text), (
        "a benchmark uses compare and report of bench/harness.py; list any other file in SHARED of bench/all.py")
