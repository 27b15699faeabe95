"""A tracked table of a test's own, and who writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyodbc

from examples.pharmacy.connection import connect
from relay.sources.source import Source


@contextmanager
def tracked_table(environment: Mapping[str, str], source: Source, columns: str) -> Iterator[pyodbc.Connection]:
    """The source's table with these columns, key and status among them, until the block is left."""
    connection = connect(environment)
    connection.execute(f"CREATE TABLE dbo.{source.table} ({columns})")
    connection.execute(f"ALTER TABLE dbo.{source.table} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    yield connection
    connection.execute(f"DROP TABLE dbo.{source.table}")
    connection.execute("DELETE FROM dbo.relay_fence WHERE source = ?", source.name)
    connection.close()
