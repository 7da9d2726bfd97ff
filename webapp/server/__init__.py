"""HTTP server of the site: gunicorn's master and parser, and a worker of our own that slow clients cannot hold."""
