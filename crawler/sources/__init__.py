"""One declarative file per site, found by `crawler.source.all_sources`."""
