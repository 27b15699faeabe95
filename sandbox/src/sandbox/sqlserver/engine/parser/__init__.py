"""Reads T-SQL batches."""
