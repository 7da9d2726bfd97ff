"""Parts of a release's pages: marked tags in its text, its archived body, originals of copies."""
