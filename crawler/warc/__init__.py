"""Captures: written, read, imported, catalogued."""
