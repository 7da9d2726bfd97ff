"""Sample releases written for the project, and a local replica of the sites that serves them."""
