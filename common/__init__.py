"""Shared with the worker services: settings, logging and the two databases. Never imports relay."""
