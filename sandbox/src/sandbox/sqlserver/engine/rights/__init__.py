"""Logins, users, and who may do what."""
