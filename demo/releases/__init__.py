"""Sample releases as YAML, one file per source; `demo.samples` reads them."""
