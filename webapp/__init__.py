"""Documents to pages, feeds and an API."""
