"""The sample's database and tables (`tables.sql`). Relay's migrations come later and change none of their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from examples.pharmacy.connection import connect

TABLES = Path(__file__).with_name("tables.sql")


def create_database(settings: Mapping[str, str]) -> None:
    """Create the database that the settings name, where it is not there yet."""
    name = settings["MSSQL_DATABASE"]
    with closing(connect({**settings, "MSSQL_DATABASE": "master"})) as connection:
        if connection.execute("SELECT DB_ID(?)", name).fetchval() is None:
            quoted = name.replace("]", "]]")
            connection.execute(f"CREATE DATABASE [{quoted}]")


def create_tables(settings: Mapping[str, str]) -> None:
    """Create those of the tables that are not there yet, in the database that the settings name."""
    batches = re.split(r"^GO$", TABLES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    with closing(connect(settings)) as connection:
        for batch in filter(str.strip, batches):
            connection.execute(batch)
