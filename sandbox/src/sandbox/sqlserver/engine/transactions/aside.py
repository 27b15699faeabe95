"""A transaction's changes, taken out of the file and put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.sqlserver.engine.catalog.schema import Catalog, Table, quote
from sandbox.sqlserver.engine.change_tracking.log import VERSION_FUNCTION, key_names
from sandbox.sqlserver.engine.locking.hold import Images, Reader, Rows, Touched
from sandbox.sqlserver.engine.sqlite.connection import Connection

_ENTRY = ("operation", "mask", "context", "row_id")
_ENTRY_ROW, _ENTRY_KEY = 3, 4
"""Places in an entry of the change log: the row's number, and where the key begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """What a transaction has done to one table."""

    table: Table
    images: Images
    entries: list[tuple[Any, ...]]
    """Of the change log: operation, mask, context, the row's number and the key."""
    identity: int | None
    """The last identity value that it has written into the catalog."""


def read_images(connection: Connection, table: Table, rows: Rows) -> Images:
    """The rows as the connection's transaction sees them."""
    query = f"SELECT {_listed(table)} FROM {table.physical} WHERE _rowid_ = ?"
    found = {row: connection.look(query, (row,)) for row in rows}
    return {row: image[0] if image else None for row, image in found.items()}


def take(connection: Connection, catalog: Catalog, touched: Touched) -> list[Aside]:
    """Everything that an open transaction has changed; it locks single rows only. The file is left as it is."""
    found = []
    for table_id, rows in touched.tables.items():
        table = catalog.by_id(table_id)
        if table is None or rows is None:
            raise KeyError(table_id)
        entries: list[tuple[Any, ...]] = []
        if table.tracking is not None:
            columns = ", ".join((*_ENTRY, *key_names(table)))
            query = f"SELECT {columns} FROM {table.log} WHERE version = ? ORDER BY seq"
            entries = connection.look(query, (connection.log.version,))
        identity = connection.look("SELECT last FROM _identity WHERE table_id = ?", (table_id,))
        images = read_images(connection, table, rows)
        found.append(Aside(table=table, images=images, entries=entries, identity=identity[0][0] if identity else None))
    return found


def put_back(connection: Connection, asides: list[Aside], touched: Touched) -> None:
    """Do all of it once more, in a transaction that has just begun; new rows may get other numbers (in `touched` too).

    Raises 3617 when cancelled: the transaction is then to be rolled back, and all stays aside.
    """
    numbers = {aside.table.object_id: _free_numbers(connection, aside, touched) for aside in asides}
    connection.log.enabled = False
    try:
        for aside in asides:
            _put_back(connection, aside, numbers[aside.table.object_id])
    finally:
        connection.log.enabled = True
    for table_id, moved in numbers.items():
        rows = touched.tables[table_id] or {}
        touched.tables[table_id] = {moved(row): is_new for row, is_new in rows.items()}


def _free_numbers(connection: Connection, aside: Aside, touched: Touched) -> Callable[[int], int]:
    """Where a row's number leads: another transaction may have given that of a new row to one of its own."""
    query = f"SELECT 1 FROM {aside.table.physical} WHERE _rowid_ = ?"
    rows = touched.tables[aside.table.object_id] or {}
    taken = [row for row, is_new in rows.items() if is_new and connection.run(query, (row,)).fetchone()]
    last = connection.run(f"SELECT ifnull(max(_rowid_), 0) FROM {aside.table.physical}").fetchone()[0]
    first = max(last, *rows) + 1 if rows else last + 1
    moved = {row: first + place for place, row in enumerate(taken)}
    return lambda row: moved.get(row, row)


def _put_back(connection: Connection, aside: Aside, number: Callable[[int], int]) -> None:
    table = aside.table
    rows = [(number(row),) for row in aside.images]
    connection.run_many(f"DELETE FROM {table.physical} WHERE _rowid_ = ?", rows)
    marks = ", ".join("?" for _ in table.stored)
    connection.run_many(
        f"INSERT INTO {table.physical} (_rowid_, {_listed(table)}) VALUES (?, {marks})",
        [(number(row), *image) for row, image in aside.images.items() if image is not None],
    )
    if aside.entries:
        names = ", ".join((*_ENTRY, *key_names(table)))
        marks = ", ".join("?" for _ in aside.entries[0])
        connection.run_many(
            f"INSERT INTO {table.log} (version, {names}) VALUES ({VERSION_FUNCTION}(), {marks})",
            [(*entry[:_ENTRY_ROW], number(entry[_ENTRY_ROW]), *entry[_ENTRY_KEY:]) for entry in aside.entries],
        )
    if aside.identity is not None and table.identity is not None and table.identity.identity is not None:
        extreme = "max" if table.identity.identity[1] > 0 else "min"
        update = f"UPDATE _identity SET last = {extreme}(last, ?) WHERE table_id = ?"
        connection.run(update, (aside.identity, table.object_id))


def _listed(table: Table) -> str:
    return ", ".join(quote(column.name) for column in table.stored)


def same_keys(connection: Reader, aside: Aside, rows: Rows) -> bool:
    """Whether one of these rows of the file has a unique key that is aside too.

    Also the key of a row that was inserted and deleted again: its changes are still to come into the log.
    """
    table = aside.table
    places = {column.name: place for place, column in enumerate(table.stored)}
    for index in table.indexes if rows else ():
        if not index.unique:
            continue
        keys = [tuple(image[places[name]] for name in index.columns) for image in aside.images.values() if image]
        if index.kind == "PK":
            keys += [entry[_ENTRY_KEY:] for entry in aside.entries]
        condition = " AND ".join(f"{quote(name)} IS ?" for name in index.columns)
        query = f"SELECT _rowid_ FROM {table.physical} WHERE {condition}"
        if any(row in rows for key in keys for (row,) in connection.run(query, key).fetchall()):
            return True
    return False
