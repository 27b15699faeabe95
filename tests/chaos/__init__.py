"""make chaos: everything that can die is killed, and every push is counted."""
