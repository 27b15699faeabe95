"""From T-SQL's syntax tree to SQLite's SQL, with T-SQL's types and conversions written out."""
