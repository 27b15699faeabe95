"""How fast relay is, measured beside the plain ways of doing the same: `make bench`."""
