"""What MSSQLClient is made of: faults, the catalog, the statements, the snapshot."""
