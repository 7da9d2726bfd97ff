"""Landmarks: read pages of unknown markup by their visible lines: breadcrumb, title, labels, end of the text."""

from crawler.extract.landmarks.sections import BESIDE_TITLE, Landmarks

__all__ = ["BESIDE_TITLE", "Landmarks"]
