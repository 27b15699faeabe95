"""Change tracking switched on and off: what the migration does, and `relay enable` for a source added later."""
