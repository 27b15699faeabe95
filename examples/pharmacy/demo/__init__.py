"""The demonstration: documents from SQL Server through relay to worker services, every one accounted for."""
