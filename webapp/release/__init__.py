"""One release on the site: tag marks in its text, its archived page, originals of copies."""
