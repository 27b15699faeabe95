"""Clients for SQL Server and MongoDB, and the values that they take and return."""
