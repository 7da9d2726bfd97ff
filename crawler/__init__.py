"""Sites to articles: network in, captures kept as WARC, articles read from them."""
