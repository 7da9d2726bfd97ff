"""One declarative file per site; `crawler.source.all_sources` finds them by walking this folder."""
