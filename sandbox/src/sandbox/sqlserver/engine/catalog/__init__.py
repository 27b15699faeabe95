"""Tables, columns, keys, principals and settings: kept in SQLite tables, so that they are part of every transaction."""
