"""A search on the site: request arguments, result lists, timeline, Atom feed."""
