"""Runs what a session's client sends: batches statement by statement, and system procedures."""
