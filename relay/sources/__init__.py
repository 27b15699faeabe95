"""Sources: what is watched, where it goes, and whether that can be."""
