"""The net changes of a table, folded from its log by SQLite.

The rules, for all entries of a key above the asked version, oldest first:
VERSION is the last entry's; OPERATION is D if the last one is a delete, else I if the first one is an insert, else U;
CREATION_VERSION is that of the latest insert; CONTEXT is the last entry's; COLUMNS is NULL as soon as one entry is an
insert or a delete, or has no mask, otherwise the union of the masks in the order in which columns were first set.

A row keeps its number until it is deleted, so the last entry with a row's number is the last one of its key.
"""

from __future__ import annotations

from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.change_tracking.log import DELETE, INSERT, UPDATE, key_names
from sandbox.sqlserver.engine.values.sort_keys import sort_key_sql

VERSION_NOW = "(SELECT value FROM _meta WHERE key = 'version')"
"""The last committed version, as the statement's snapshot sees it: entries above it are one's own, uncommitted."""
ROW_ID = "row_id"
"""The column by which SQLite finds a key's row as it is now, if it is there."""


def changes_sql(table: Table, since: str) -> str:
    """CHANGETABLE(CHANGES table, since), and ROW_ID; `since` is SQL, where NULL means everything.

    `first` and `last` are an entry's number times four plus its operation: one aggregate finds both.
    """
    keys = ", ".join(_sorted_key(table, "l"))
    grouped = (
        f"SELECT max(l.version) AS version, max(CASE WHEN l.operation = {INSERT} THEN l.version END) AS created, "
        "min(l.seq * 4 + l.operation) AS first, max(l.seq * 4 + l.operation) AS last, "
        f"sum(l.operation <> {UPDATE} OR l.mask IS NULL) AS whole, count(*) AS entries "
        f"FROM {table.log} AS l WHERE l.version > ifnull({since}, -1) AND l.version <= {VERSION_NOW} GROUP BY {keys}"
    )
    operation = f"CASE WHEN g.last % 4 = {DELETE} THEN 'D' WHEN g.first % 4 = {INSERT} THEN 'I' ELSE 'U' END"
    named = ", ".join(
        f"f.{stored} AS {quote(column.name)}"
        for stored, column in zip(key_names(table), table.key_columns, strict=True)
    )
    return (
        "SELECT g.version AS SYS_CHANGE_VERSION, g.created AS SYS_CHANGE_CREATION_VERSION, "
        f"{operation} AS SYS_CHANGE_OPERATION, {_mask(table, since)} AS SYS_CHANGE_COLUMNS, "
        f"z.context AS SYS_CHANGE_CONTEXT, {_row_id(table)} AS {ROW_ID}, {named} "
        f"FROM ({grouped}) AS g JOIN {table.log} AS f ON f.seq = g.first / 4 "
        f"JOIN {table.log} AS z ON z.seq = g.last / 4"
    )


def _mask(table: Table, since: str) -> str:
    if table.tracking is None or not table.tracking.columns_updated:
        return "NULL"
    union = (
        f"SELECT tsql_mask_union(m.seq, m.mask) FROM {table.log} AS m "
        f"WHERE m.row_id = z.row_id AND m.version > ifnull({since}, -1) AND m.version <= {VERSION_NOW}"
    )
    return f"CASE WHEN g.whole > 0 THEN NULL WHEN g.entries = 1 THEN z.mask ELSE ({union}) END"


def _row_id(table: Table) -> str:
    """The row of the key's last entry; one's own uncommitted entries may have put another row in its place."""
    own = f"FROM {table.log} AS o WHERE o.version > {VERSION_NOW}"
    pairs = zip(_sorted_key(table, "o"), _sorted_key(table, "f"), strict=True)
    same_key = " AND ".join(f"{left} = {right}" for left, right in pairs)
    # The plus keeps SQLite from going through the whole log in the order of seq.
    last = f"SELECT o.row_id {own} AND {same_key} ORDER BY +o.seq DESC LIMIT 1"
    return f"CASE WHEN EXISTS (SELECT 1 {own}) THEN ifnull(({last}), z.row_id) ELSE z.row_id END"


def _sorted_key(table: Table, row: str) -> list[str]:
    """SQL of the sort keys of the log's columns for the primary key, in the log called `row`."""
    pairs = zip(key_names(table), table.key_columns, strict=True)
    return [sort_key_sql(f"{row}.{name}", column.type) for name, column in pairs]


def version_sql(table: Table) -> str:
    """CHANGETABLE(VERSION table, ...) for every row that exists: version and context of its last change, and ROW_ID.

    Both are NULL for a row that did not change since tracking began, and for one's own uncommitted change.
    """
    named = ", ".join(f"b.{quote(column.name)} AS {quote(column.name)}" for column in table.key_columns)

    def last(column: str) -> str:
        return (
            f"(SELECT CASE WHEN l.version <= {VERSION_NOW} THEN l.{column} END FROM {table.log} AS l "
            f"WHERE l.row_id = b._rowid_ ORDER BY l.seq DESC LIMIT 1)"
        )

    return (
        f"SELECT {last('version')} AS SYS_CHANGE_VERSION, {last('context')} AS SYS_CHANGE_CONTEXT, "
        f"b._rowid_ AS {ROW_ID}, {named} "
        f"FROM {table.physical} AS b"
    )
