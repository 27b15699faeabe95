"""`relay sources suggest` in a database of somebody else's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pyodbc
import pytest
import sqlalchemy as sa
from sandbox.testing.logins import own_login
from sqlalchemy.exc import DBAPIError

from common.config import load_settings
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.sources.file import parse_sources
from relay.sources.registry import all_sources
from relay.sources.suggest import suggested_sources

KEY = "id int NOT NULL PRIMARY KEY"


@contextmanager
def tables(environment: Mapping[str, str], **columns: str) -> Iterator[pyodbc.Connection]:
    """Tables of these names, with an id and these columns."""
    connection = connect(environment)
    try:
        for table, column in columns.items():
            connection.execute(f"CREATE TABLE dbo.[{table}] ({KEY}, {column})")
        yield connection
    finally:
        for table in columns:
            connection.execute(f"DROP TABLE IF EXISTS dbo.[{table}]")
        connection.close()


def _suggested(mssql: MSSQLClient) -> tuple[str, dict[str, Any]]:
    with mssql.engine.connect() as connection:
        text = suggested_sources(connection, all_sources())
    assert parse_sources(text)[1] == []
    return text, tomllib.loads(text).get("sources", {})


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("TrangThai nvarchar(20)", "TrangThai"),
        ("[Tình trạng] nvarchar(20)", "Tình trạng"),
        ("StatusId varchar(20)", "StatusId"),
        ("status_code char(8)", "status_code"),
        ("StatusId int, TrangThai nvarchar(20)", "TrangThai"),
    ],
)
def test_columns_that_sound_like_a_status(
    column: str, name: str, environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    with tables(environment, Phieu=column):
        assert _suggested(mssql)[1]["phieu"]["status_column"] == name


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "int", "bigint", "decimal(3, 0)", "numeric(1, 0)"])
def test_states_that_are_numbers_are_shown_with_their_rows(
    kind: str, environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    with tables(environment, Phieu=f"TrangThai {kind} NULL") as connection:
        for number, state in enumerate([1, 1, 1, 0, 0, 2, None]):
            connection.execute("INSERT INTO dbo.Phieu VALUES (?, ?)", number, state)
        text, sources = _suggested(mssql)
    assert sources["phieu"]["pending_value"] == 0
    assert "# the column holds: 1 (3), 0 (2), 2 (1)" in text


def test_the_blanks_of_a_char_are_not_shown(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with tables(environment, Phieu="TrangThai char(9)") as connection:
        connection.execute("INSERT INTO dbo.Phieu VALUES (1, 'UNSENT'), (2, 'UNSENT'), (3, 'SENT')")
        text, sources = _suggested(mssql)
    assert sources["phieu"]["pending_value"] == "UNSENT"
    assert "# the column holds: UNSENT (2), SENT (1)\n" in text


def test_a_bit_is_a_number(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with tables(environment, Phieu="sync_status bit NOT NULL") as connection:
        connection.execute("INSERT INTO dbo.Phieu VALUES (1, 1), (2, 1)")
        text, sources = _suggested(mssql)
    assert sources["phieu"]["pending_value"] == 1
    assert "# the column holds: 1 (2)" in text


def test_columns_that_hold_no_state(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with tables(environment, A="status date", B="status decimal(5, 2)", C="status binary(8)", D="note int"):
        assert _suggested(mssql)[1] == {}


def test_any_value_is_shown_and_the_file_can_be_read(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    hostile = ["Chờ\ngửi", "\x1b[31mred", '"]\n[sources.sale]\nenabled = false #', "'''", "\\", "Chờ gửi", "# x", "\r"]
    with tables(environment, Phieu="TrangThai nvarchar(60)") as connection:
        for number, value in enumerate(hostile):
            connection.execute("INSERT INTO dbo.Phieu VALUES (?, ?)", number, value)
        text, sources = _suggested(mssql)
    assert sources.keys() == {"phieu"}
    assert sources["phieu"]["pending_value"] == "Chờ gửi"
    assert not [character for character in text if ord(character) < 32 and character != "\n"]
    assert r"\x1b[31mred (1)" in text


def test_the_last_rows_are_looked_at(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with tables(environment, Phieu="status varchar(10)") as connection:
        for first in (0, 550):
            rows = ", ".join(f"({number}, 'OLD')" for number in range(first, first + 550))
            connection.execute(f"INSERT INTO dbo.Phieu VALUES {rows}")
        connection.execute("UPDATE dbo.Phieu SET status = 'UNSENT' WHERE id >= 1090")
        text, sources = _suggested(mssql)
    assert sources["phieu"]["pending_value"] == "UNSENT"
    assert "# the column holds: OLD (990), UNSENT (10)" in text


def test_a_table_without_rights_hides_no_other(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    columns = {"A": "status varchar(9)", "B": "status varchar(9)", "C": "status int"}
    with tables(environment, **columns) as connection, own_login(connection) as login:
        login.grant("VIEW CHANGE TRACKING", "dbo.A")
        for table in ("B", "C"):
            login.grant("SELECT", f"dbo.{table}")
        with closing(MSSQLClient(load_settings(_env_file=None, **login.settings(environment)))) as client:
            text, sources = _suggested(client)
    assert sources.keys() == {"b", "c"}
    assert "# dbo.A has a status column that this login may not read: GRANT SELECT ON dbo.A\n" in text


def test_nobodys_open_transaction_is_waited_for(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with tables(environment, Phieu="status varchar(10)") as connection:
        connection.execute("INSERT INTO dbo.Phieu VALUES (1, 'SENT')")
        writer = connect(environment)
        writer.autocommit = False
        try:
            writer.execute("UPDATE dbo.Phieu SET status = 'UNSENT'")
            with mssql.engine.connect() as reading:
                reading.execute(sa.text("SET LOCK_TIMEOUT 100"))
                try:
                    text = suggested_sources(reading, all_sources())
                except DBAPIError as error:
                    text = str(error)
        finally:
            writer.rollback()
            writer.close()
    assert "UNSENT (1)" in text
