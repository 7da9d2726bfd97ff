"""Result lists, facets, timeline and Atom feed of a search."""
