"""A MongoDB stand-in: OP_MSG on the wire, a small engine of its own behind it."""
