"""sp_rename of tables and columns."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client


def test_a_table_keeps_its_id_its_rows_and_its_changes(tracked: Client) -> None:
    before = tracked.value("SELECT OBJECT_ID(N'dbo.t')")
    tracked.run("UPDATE t SET a = 5 WHERE id = 1")
    tracked.run("EXEC sp_rename 'dbo.t', 'Hoá đơn'")
    assert tracked.value("SELECT OBJECT_ID(N'dbo.t')") is None
    assert tracked.value("SELECT OBJECT_ID(N'dbo.[Hoá đơn]')") == before
    tracked.run("UPDATE [Hoá đơn] SET a = 6 WHERE id = 2")
    assert [change[0] for change in tracked.changes(0, "[Hoá đơn]")] == ["U", "U"]
    assert tracked.number("SELECT * FROM t") == 208


def test_a_column_keeps_its_place_and_its_values(tracked: Client) -> None:
    tracked.run("EXEC sp_rename N'dbo.t.a', N'số', 'COLUMN'")
    assert tracked.rows("SELECT id, [số] FROM t") == [(1, 1), (2, 2), (3, 3)]
    assert tracked.value("SELECT COL_NAME(OBJECT_ID(N'dbo.t'), 2)") == "số"
    tracked.run("UPDATE t SET [số] = 9 WHERE id = 3")
    assert [change[0] for change in tracked.changes(0)] == ["U"]
    assert tracked.number("SELECT a FROM t") == 207


def test_in_a_transaction_it_locks_the_definition_and_is_rolled_back(tracked: Client, hasty: Client) -> None:
    tracked.run("BEGIN TRAN; EXEC sp_rename 't', 'u'")
    assert hasty.number("SELECT OBJECT_ID(N'dbo.t')") == 1222
    tracked.run("ROLLBACK")
    assert hasty.value("SELECT COUNT(*) FROM t") == 3


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("'dbo.none', 'u'", 15225),
        ("'dbo.t.none', 'u', 'COLUMN'", 15225),
        ("'dbo.t.a', 'B', 'COLUMN'", 15335),
        ("'dbo.t', 'T'", 2714),
        ("'dbo.t.id', 'no', 'COLUMN'", 40000),
    ],
)
def test_what_is_refused(call: str, number: int, tracked: Client) -> None:
    assert tracked.number(f"EXEC sp_rename {call}") == number


def test_it_asks_for_alter(user: Client, tracked: Client) -> None:
    tracked.run("GRANT SELECT ON t TO u")
    assert user.number("EXEC sp_rename 't', 'u'") == 15225
    tracked.run("GRANT ALTER ON t TO u")
    user.run("EXEC sp_rename 't.a', 'z', 'COLUMN'")
