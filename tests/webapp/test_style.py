"""The colours of the site can be told apart, by day and by night."""

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).resolve().parents[2] / "webapp" / "static" / "style.css").read_text(encoding="utf-8")
# --paper: #f8f5ee;
COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
ROOTS = re.findall(r":root \{[^}]+--paper:[^}]+\}", STYLE)
TEXT = [(ink, paper) for ink in ("ink", "soft", "seal", "link", "visited", "good", "warn") for paper in
        ("paper", "sheet", "faint")] + [(ink, "mark") for ink in ("ink", "link", "visited")] + [
            (ink, "warn-paper") for ink in ("ink", "link", "warn")]
SHAPES = [("bar", "paper"), ("edge", "paper"), ("edge", "sheet"), ("seal", "paper")]


def colours(night):
    return dict(COLOUR.findall(ROOTS[0])) | (dict(COLOUR.findall(ROOTS[1])) if night else {})


def luminance(colour):
    """As WCAG 2 defines it."""
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_as_everybody_does():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3)], ids=["text", "shapes"])
def test_what_is_drawn_stands_out(pairs, least, night):
    named = colours(night)
    assert {pair: round(contrast(*(named[each] for each in pair)), 2) for pair in pairs
            if contrast(*(named[each] for each in pair)) < least} == {}
