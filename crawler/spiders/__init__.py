"""Scrapy side of a crawl: one spider class per source, and the run, lock, history and health of each source."""
