"""Connections: checks and reads that do not see the same moment, settings that outlive their transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk

Statement = tuple[int, str, str]
"""Which connection, at which isolation level, what."""


@contextmanager
def _recorded(relay: Relay) -> Iterator[list[Statement]]:
    statements: list[Statement] = []

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        level = connection.get_execution_options().get("isolation_level", "READ COMMITTED")
        statements.append((id(connection.connection.dbapi_connection), level, statement))

    event.listen(relay.mssql.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(relay.mssql.engine, "before_cursor_execute", note)


def test_the_checks_run_on_another_connection_than_the_read(relay: Relay, pharmacy: Desk) -> None:
    """Cleanup may run between the two, and what was valid at the check is gone at the read."""
    scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    with _recorded(relay) as statements:
        scan(relay, SALE)

    in_snapshot = [one for one in statements if one[1] == "SNAPSHOT"]
    first = in_snapshot[0][2]
    assert "CHANGE_TRACKING_CURRENT_VERSION" in first, "first of all, or what commits meanwhile is skipped"
    assert "MIN_VALID" not in first
    assert any("CHANGE_TRACKING_MIN_VALID_VERSION" in one[2] for one in in_snapshot)
    assert any("CHANGETABLE(CHANGES" in one[2] for one in in_snapshot)
    [fence] = [one for one in statements if one[2].startswith("UPDATE")]
    assert {one[0] for one in in_snapshot} == {fence[0]}, "one connection from the first check to the fence"
    assert fence[1] == "AUTOCOMMIT", "a relay that is paused there holds no lock"


def test_the_isolation_level_leaks_through_the_pool(relay: Relay, pharmacy: Desk) -> None:
    """sp_reset_connection does not set it back (before SQL Server 2014), and the next user reads an old snapshot."""
    scan(relay, SALE)
    level = "SELECT transaction_isolation_level FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    with relay.mssql.engine.connect() as connection:
        assert connection.execute(sa.text(level)).scalar_one() == 2, "2: READ COMMITTED; 5: SNAPSHOT"
