"""The sample's tables: whoever writes a document there needs to know little of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pyodbc
import pytest

from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from examples.pharmacy.documents import KINDS, DocumentKind
from examples.pharmacy.schema import create_tables

COLUMNS = """
    SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, COLUMN_DEFAULT
    FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'dbo' AND TABLE_NAME = ?
"""


@pytest.fixture
def connection(mssql: MSSQLClient, environment: dict[str, str]) -> Iterator[pyodbc.Connection]:
    """On empty tables."""
    with closing(connect(environment)) as connection:
        yield connection


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_a_document_needs_only_its_key(connection: pyodbc.Connection, kind: DocumentKind) -> None:
    table, id_column = kind.table, kind.id_column
    connection.execute(f"INSERT INTO dbo.{table} (shop_pharmacy_code, {id_column}) VALUES (?, ?)", "PH-1", "DOC-000001")

    assert _rows(connection, f"SELECT {id_column}, shop_pharmacy_code, status, note FROM dbo.{table}") == [
        ("DOC-000001", "PH-1", "DRAFT", None)
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_texts_are_long_enough_and_the_rest_can_be_left_out(connection: pyodbc.Connection, kind: DocumentKind) -> None:
    table, id_column = kind.table, kind.id_column
    columns = _rows(connection, COLUMNS, table)

    texts = [length for _, kind_of_data, _, length, _ in columns if kind_of_data == "nvarchar"]
    assert len(texts) >= 4
    assert all(isinstance(length, int) and length >= 20 for length in texts)
    needed = {name for name, _, nullable, _, default in columns if nullable == "NO" and default is None}
    assert needed == {"shop_pharmacy_code", id_column}


def test_tables_that_are_there_are_left_alone(connection: pyodbc.Connection, environment: dict[str, str]) -> None:
    kind = KINDS[0]
    connection.execute(f"INSERT INTO dbo.{kind.table} (shop_pharmacy_code, {kind.id_column}) VALUES ('PH-1', 'DOC-1')")
    create_tables(environment)
    assert _rows(connection, f"SELECT {kind.id_column} FROM dbo.{kind.table}") == [("DOC-1",)]


def _rows(connection: pyodbc.Connection, statement: str, *values: object) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(statement, *values).fetchall()]
