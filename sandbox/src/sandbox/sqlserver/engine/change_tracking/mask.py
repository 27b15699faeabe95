"""SYS_CHANGE_COLUMNS: four zero bytes, then a column id of four bytes, little-endian, for each column set.

Microsoft calls the form opaque; this is the one that SQL Server 2008 R2 and 2025 were seen to give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table

_HEADER = b"\0\0\0\0"
_SHORTEST = 8


def mask_of(table: Table, named: Sequence[str]) -> bytes | None:
    """The mask of one UPDATE with these columns in its SET list, in that order.

    None means every column: when column tracking is off, or when the list names all columns outside the key. Computed
    columns are never in a mask (Microsoft, CHANGETABLE); so no list names all columns of a table that has one.
    """
    if table.tracking is None or not table.tracking.columns_updated:
        return None
    keys = {column.column_id for column in table.key_columns}
    ids = [table.column(name).column_id for name in named]
    ids += [column.column_id for column in table.columns if column.type.name == "rowversion"]
    if {column.column_id for column in table.columns} - keys <= set(ids):
        return None
    return encode(ids)


def encode(column_ids: Iterable[int]) -> bytes:
    """The mask of these columns, each once."""
    return _HEADER + b"".join(number.to_bytes(4, "little") for number in dict.fromkeys(column_ids))


def decode(mask: bytes) -> list[int]:
    """The column ids of a mask. Raises 22101 for bytes that are none."""
    if len(mask) < _SHORTEST:
        text = (
            "The value supplied for the change_columns argument of CHANGE_TRACKING_IS_COLUMN_IN_MASK function is not "
            "valid. The value must be a bitmask returned by the CHANGETABLE(CHANGES ...) function."
        )
        raise SqlError(22101, text)
    return [int.from_bytes(mask[place : place + 4], "little") for place in range(4, len(mask) - 3, 4)]


def is_column_in_mask(column_id: int | None, mask: bytes | None) -> int | None:
    """CHANGE_TRACKING_IS_COLUMN_IN_MASK: 1 for a NULL mask, which means every column."""
    if mask is None:
        return 1
    columns = decode(mask)
    return None if column_id is None else int(column_id in columns)


class MaskUnion:
    """SQLite aggregate of (sequence number, mask): the union, columns in the order in which they were first set."""

    def __init__(self) -> None:
        self._masks: list[tuple[int, bytes]] = []

    def step(self, sequence: int, mask: bytes | None) -> None:
        """One entry."""
        if mask is not None:
            self._masks.append((sequence, mask))

    def finalize(self) -> bytes | None:
        """The union; None when there was no mask."""
        if not self._masks:
            return None
        return encode(number for _, mask in sorted(self._masks) for number in decode(mask))
