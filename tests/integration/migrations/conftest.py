"""A database of its own for each test; one server for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox.testing.sqlserver_process import SqlServer

from common.config import get_settings
from tests.integration.migrations.database import TABLES, Database


@pytest.fixture
def database(server: SqlServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    database = Database(server)
    for name, value in database.settings.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    try:
        yield database
    finally:
        get_settings.cache_clear()
        database.close()


@pytest.fixture
def ready(database: Database) -> Database:
    """A database with the business tables and nothing else."""
    database.create_tables(*TABLES)
    return database
