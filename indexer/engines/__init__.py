"""Where documents are searched; `base` is what every engine promises."""
