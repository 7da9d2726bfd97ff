"""HTTP around the views: error handlers, security headers, language negotiation, URLs of the site."""
