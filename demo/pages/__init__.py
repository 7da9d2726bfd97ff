"""The replica's pages: one module per site, each RECONSTRUCTED from what is known of the site's forms, none copied."""
