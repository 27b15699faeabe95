"""The databases' files: connections to them, the functions that SQLite is given, and what all sessions share."""
