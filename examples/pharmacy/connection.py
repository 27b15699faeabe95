"""How the sample programs reach their database: with pyodbc, and with the settings of the environment."""

from __future__ import annotations

from collections.abc import Mapping

import pyodbc

from common.config import load_settings

LOGIN_SECONDS = 10


def connect(settings: Mapping[str, str] | None = None, *, autocommit: bool = True) -> pyodbc.Connection:
    """A connection with the settings given, or with those of the environment."""
    source = load_settings() if settings is None else load_settings(_env_file=None, **settings)
    return pyodbc.connect(source.odbc_connection_string, timeout=LOGIN_SECONDS, autocommit=autocommit)
