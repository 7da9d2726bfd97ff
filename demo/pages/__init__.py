"""Pages of the replica, RECONSTRUCTED from what is known of the sites' forms, none copied.

`<source id>.py` with a function `build` makes the routes of a source; the other modules are shared by several.
"""
