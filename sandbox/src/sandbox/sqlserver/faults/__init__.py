"""Faults on demand: what a SQL Server does once in a while, done when a test asks for it."""
