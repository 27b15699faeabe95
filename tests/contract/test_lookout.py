"""What is special to SQL Server about looks, one soon after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from common.database.mssql_client import MSSQLClient
from common.database.records import TableState
from relay.sources.builtin import IMPORT, SALE
from tests.support.pharmacy import SHOP, Desk

UNTRACK = f"ALTER TABLE {SALE.full_name} DISABLE CHANGE_TRACKING"
TRACK = f"ALTER TABLE {SALE.full_name} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)"


@pytest.fixture
def statements(mssql: MSSQLClient) -> Iterator[list[str]]:
    """What was sent to SQL Server."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(mssql.engine, "before_cursor_execute", note)
    yield sent
    event.remove(mssql.engine, "before_cursor_execute", note)


def test_a_look_is_one_statement(mssql: MSSQLClient, statements: list[str]) -> None:
    with mssql.lookout() as lookout:
        statements.clear()
        for _ in range(3):
            lookout.states([SALE, IMPORT], {"sale": 0, "import": 0})
    assert len(statements) == 3


def test_a_table_that_is_tracked_no_more_fails_no_look(mssql: MSSQLClient) -> None:
    found: Mapping[str, TableState] = {}
    with mssql.lookout() as lookout:
        with mssql.engine.begin() as connection:
            connection.execute(sa.text(UNTRACK))
        # That it fails is told by what is missing.
        with suppress(DBAPIError):
            found = lookout.states([SALE, IMPORT], {"sale": 0, "import": 0})
        with mssql.engine.begin() as connection:
            connection.execute(sa.text(TRACK))
        assert {name: state.min_valid is None for name, state in found.items()} == {"sale": True, "import": False}
        assert [state.has_changes for state in found.values()] == [None, None]
        assert lookout.states([SALE], {"sale": 0})["sale"].min_valid is not None


def test_an_open_transaction_that_has_written_holds_up_no_look(mssql: MSSQLClient, pharmacy: Desk) -> None:
    pharmacy.insert("D-1")
    now = mssql.states([SALE])["sale"].current_version or 0
    change = sa.text(f"UPDATE {SALE.full_name} SET status = 'SYNCED' WHERE shop_pharmacy_code = :shop")
    with mssql.lookout() as lookout, mssql.engine.connect() as writer:
        writer.execute(change, {"shop": SHOP})
        assert lookout.states([SALE], {"sale": now})["sale"].has_changes is False
        writer.commit()
        assert lookout.states([SALE], {"sale": now})["sale"].has_changes is True
