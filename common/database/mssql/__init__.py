"""What MSSQLClient is made of: errors, the catalog, the statements, the snapshot."""
