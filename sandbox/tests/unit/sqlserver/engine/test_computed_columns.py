"""Computed columns. The rules are Microsoft's: "Specify computed columns in a table", CREATE TABLE, ALTER TABLE, and
"CHANGETABLE": "Columns updated ... computed columns are not included"."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client
from tests.unit.sqlserver.engine.test_masks import mask

IN_MASK = "CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID('hd'), '%s', 'ColumnId'), c.SYS_CHANGE_COLUMNS)"


@pytest.fixture(params=["", " PERSISTED", " PERSISTED NOT NULL"])
def documents(request: pytest.FixtureRequest, tracked: Client) -> Client:
    """Documents whose status is computed from whether they are approved."""
    tracked.run(
        "CREATE TABLE hd (id INT NOT NULL PRIMARY KEY, note NVARCHAR(20) NULL, approved BIT NULL, "
        "[trạng thái] AS CASE WHEN approved = 1 THEN N'Chờ gửi' ELSE N'Nháp' END" + request.param + ")"
    )
    tracked.run("INSERT INTO hd (id, approved) VALUES (1, 0), (2, 1)")
    tracked.run("ALTER TABLE hd ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    return tracked


def test_it_is_read_like_any_column(documents: Client) -> None:
    assert documents.rows("SELECT * FROM hd ORDER BY id") == [(1, None, False, "Nháp"), (2, None, True, "Chờ gửi")]
    assert documents.rows("SELECT id FROM hd WHERE [trạng thái] = N'Chờ gửi'") == [(2,)]
    grouped = "SELECT [trạng thái], COUNT(*) FROM hd AS h GROUP BY [trạng thái] ORDER BY [TRẠNG THÁI]"
    assert documents.rows(grouped) == [("Chờ gửi", 1), ("Nháp", 1)]
    documents.run("UPDATE hd SET approved = 1 WHERE [trạng thái] = N'Nháp'")
    assert documents.rows("SELECT MIN([trạng thái]), MAX([trạng thái]) FROM hd") == [("Chờ gửi", "Chờ gửi")]
    documents.run("DELETE FROM hd WHERE [trạng thái] = N'Chờ gửi'")
    assert documents.value("SELECT COUNT(*) FROM hd") == 0


def test_an_outer_join_without_a_row_gives_null(documents: Client) -> None:
    documents.run("DELETE FROM hd WHERE id = 1")
    rows = documents.rows(
        "SELECT c.id, h.[trạng thái] FROM CHANGETABLE(CHANGES hd, 0) AS c LEFT JOIN hd AS h ON h.id = c.id"
    )
    assert rows == [(1, None)]


def test_change_tracking_never_names_it(documents: Client) -> None:
    documents.run("UPDATE hd SET approved = 1 WHERE id = 1")
    assert documents.masks(0, "hd") == {1: mask(3)}
    seen = ", ".join(IN_MASK % name for name in ("approved", "trạng thái"))
    assert documents.rows(f"SELECT {seen} FROM CHANGETABLE(CHANGES hd, 0) AS c") == [(1, 0)]


def test_not_even_where_all_other_columns_are_set(documents: Client) -> None:
    documents.run("UPDATE hd SET note = N'đủ', approved = 1 WHERE id = 1")
    assert documents.masks(0, "hd") == {1: mask(2, 3)}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO hd (id, [trạng thái]) VALUES (3, N'Chờ gửi')",
        "INSERT INTO hd (id, [trạng thái]) VALUES (3, DEFAULT)",
        "UPDATE hd SET [Trạng Thái] = N'Chờ gửi' WHERE id = 1",
        "UPDATE hd SET approved = 1, [trạng thái] = DEFAULT",
    ],
)
def test_it_cannot_be_written(documents: Client, statement: str) -> None:
    error = documents.error(statement)
    assert error.number == 271
    assert "because it is either a computed column" in error.text
    assert documents.rows("SELECT COUNT(*) FROM hd WHERE approved = 1") == [(1,)]


def test_an_insert_without_a_column_list_leaves_it_out(documents: Client) -> None:
    output = "INSERT INTO hd OUTPUT inserted.[trạng thái], inserted.* VALUES (3, N'ghi chú', 1)"
    assert documents.rows(output) == [("Chờ gửi", 3, "ghi chú", True, "Chờ gửi")]
    updated = "UPDATE hd SET approved = 0 OUTPUT inserted.[trạng thái] WHERE id = 3"
    assert documents.rows(updated) == [("Nháp",)]
    assert documents.rows("DELETE FROM hd OUTPUT deleted.[trạng thái] WHERE id = 3") == [("Nháp",)]


def test_updates_that_rewrite_rows_leave_it_out(documents: Client) -> None:
    documents.run("UPDATE h SET approved = 1 FROM hd AS h JOIN t ON t.id = h.id")
    documents.run("UPDATE hd SET id = id + 10")
    rows = [(11, "Chờ gửi"), (12, "Chờ gửi")]
    assert documents.rows("SELECT id, [trạng thái] FROM hd ORDER BY id") == rows
    refused = documents.error("UPDATE hd SET id = 1 OUTPUT inserted.[trạng thái] WHERE id = 11")
    assert (refused.number, "OUTPUT of the computed column" in refused.text) == (40000, True)


def test_the_catalog_tells(db: Client) -> None:
    db.run("CREATE TABLE k (a INT NULL, s AS a + 1, p AS (a * 2) PERSISTED, q AS (a) PERSISTED NOT NULL, b INT)")
    columns = "SELECT name, is_computed, is_nullable, column_id FROM sys.columns WHERE object_id = OBJECT_ID('k')"
    assert db.rows(f"{columns} ORDER BY column_id") == [
        ("a", False, True, 1),
        ("s", True, True, 2),
        ("p", True, True, 3),
        ("q", True, False, 4),
        ("b", False, True, 5),
    ]
    computed = "SELECT name, column_id, definition, is_persisted FROM sys.computed_columns WHERE object_id = @P1"
    assert db.rows(f"{computed} ORDER BY column_id", db.value("SELECT OBJECT_ID('dbo.k')")) == [
        ("s", 2, "(a + 1)", False),
        ("p", 3, "(a * 2)", True),
        ("q", 4, "(a)", True),
    ]
    properties = "SELECT COLUMNPROPERTY(OBJECT_ID('k'), @P1, 'IsComputed'), COLUMNPROPERTY(OBJECT_ID('k'), @P1, @P2)"
    assert [db.rows(properties, name, "ColumnId") for name in ("a", "p")] == [[(0, 1)], [(1, 3)]]
    listed = "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_DEFAULT FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'k'"
    assert ("p", "int", None) in db.rows(listed)
    db.run("DROP TABLE k")
    assert db.value("SELECT COUNT(*) FROM sys.computed_columns") == 0


def test_it_is_added_to_a_table_with_rows(tracked: Client) -> None:
    tracked.run("ALTER TABLE t ADD ab AS ISNULL(b, '') + CONVERT(VARCHAR(5), a), due AS DATEADD(DAY, a, GETDATE())")
    assert tracked.rows("SELECT ab FROM t ORDER BY id") == [("1",), ("2",), ("3",)]
    assert tracked.value("SELECT COUNT(*) FROM t WHERE due > GETDATE()") == 3
    tracked.run("UPDATE t SET b = N'số ' WHERE id = 1")
    assert tracked.masks(0) == {1: mask(3)}
    tracked.run("ALTER TABLE t DROP COLUMN ab; ALTER TABLE t DROP COLUMN b")
    assert tracked.rows("SELECT * FROM t WHERE due < '2000-01-01'") == []


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("ALTER TABLE t DROP COLUMN a", 5074),
        ("ALTER TABLE t ALTER COLUMN a BIGINT NULL", 5074),
        ("ALTER TABLE t ALTER COLUMN total INT NULL", 4928),
        ("ALTER TABLE t ADD twice AS total * 2", 1759),
        ("ALTER TABLE t ADD total INT", 2705),
        ("ALTER TABLE t ADD x AS nothing + 1", 207),
        ("ALTER TABLE t ADD x AS (SELECT 1)", 1046),
        ("ALTER TABLE t ADD x AS GETDATE() PERSISTED", 4936),
        ("ALTER TABLE t ADD x AS NEWID() PERSISTED", 4936),
        ("ALTER TABLE t ADD x AS SUM(a)", 40000),
        ("ALTER TABLE t ADD x AS a PERSISTED UNIQUE", 40000),
        ("CREATE UNIQUE INDEX u ON t (total)", 40000),
        ("ALTER TABLE t ALTER COLUMN total ADD PERSISTED", 40000),
    ],
)
def test_what_is_refused(tracked: Client, statement: str, number: int) -> None:
    tracked.run("ALTER TABLE t ADD total AS [a] + c")
    assert tracked.number(statement) == number
    assert tracked.rows("SELECT total FROM t WHERE id = 1") == [(None,)]
    tracked.run("ALTER TABLE t ALTER COLUMN b NVARCHAR(30) NULL")


def test_not_null_is_kept(db: Client) -> None:
    db.run("CREATE TABLE k (a VARCHAR(5) NULL, n AS CAST(a AS INT) PERSISTED NOT NULL)")
    db.run("INSERT INTO k VALUES ('1')")
    assert db.number("INSERT INTO k VALUES (NULL)") == 515
    assert db.number("UPDATE k SET a = NULL") == 515
    db.run("ALTER TABLE k ADD b VARCHAR(5) NULL")
    assert db.number("ALTER TABLE k ADD m AS (b + '') PERSISTED NOT NULL") == 515
    assert db.rows("SELECT * FROM k") == [("1", 1, None)]


def test_an_index_over_it_changes_no_answer(tracked: Client) -> None:
    tracked.run("ALTER TABLE t ADD total AS a * 10 PERSISTED; CREATE INDEX x ON t (total, id) INCLUDE (b)")
    tracked.run("CREATE INDEX y ON t (total DESC)")
    assert tracked.rows("SELECT id FROM t WHERE total = 20") == [(2,)]
    assert tracked.number("ALTER TABLE t DROP COLUMN total") == 5074
    tracked.run("DROP INDEX x ON t; DROP INDEX y ON t; ALTER TABLE t DROP COLUMN total")


def test_a_check_may_name_it(db: Client) -> None:
    db.run("CREATE TABLE k (a INT, s AS a + 1 PERSISTED, CONSTRAINT small CHECK (s < 10))")
    db.run("INSERT INTO k VALUES (8)")
    assert db.number("INSERT INTO k VALUES (9)") == 547
