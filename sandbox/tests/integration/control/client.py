"""What makes connections for a test."""

from __future__ import annotations

from collections.abc import Callable

import pyodbc

Connect = Callable[[], pyodbc.Connection]
"""Gives a connection in autocommit, which is closed when the test ends."""
