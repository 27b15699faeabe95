"""Change tracking: the log, its folding into net changes, masks, versions and cleanup."""
