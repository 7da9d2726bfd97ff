"""HTTP around the views: error pages, security headers, the reader's language, public base URL, links."""
