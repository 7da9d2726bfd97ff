"""Scrapy side of a crawl: one spider class per source, and the run, lists, frontier, health and lock of each source."""
