"""Helpers of the tests: builders of archives and pages, test doubles, and the tree as the house tests read it."""
