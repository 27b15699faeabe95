"""How values are stored in SQLite, and how they are converted from type to type."""
