"""Capture -> Article or Unreadable. Pure: no network, no clock, no settings."""
