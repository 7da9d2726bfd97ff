"""The one spider, made once per source."""
