"""A SQL Server stand-in: TDS 7.4 on the wire, a T-SQL subset on SQLite behind it, change tracking in between."""
