"""Which rows are pending, of those with keys from the task log: these may be older than the table's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from common.database.mssql.column_type import type_of

MOST_PARAMETERS = 2000
"""SQL Server takes 2,100 in a statement."""

Key = tuple[Any, ...]


def chunks_to_send(table: sa.Table, keys: Sequence[Key]) -> Iterator[tuple[Sequence[Key], dict[int, Key]]]:
    """As many keys at once as a statement takes; and of each chunk the keys by their place, as parameters, without
    those that can be none of this table."""
    size = MOST_PARAMETERS // (1 + len(table.primary_key))
    for start in range(0, len(keys), size):
        chunk = keys[start : start + size]
        if sent := _sent(table, chunk):
            yield chunk, sent


def _sent(table: sa.Table, keys: Sequence[Key]) -> dict[int, Key]:
    kinds = [type_of(column) for column in table.primary_key]
    sent = {}
    for place, key in enumerate(keys):
        parts = tuple(kind.sent(part) for kind, part in zip(kinds, key, strict=False))
        if len(key) == len(kinds) and None not in parts:
            sent[place] = parts
    return sent
