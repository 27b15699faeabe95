"""Where a row stands in the order of its table's key. SQL Server compares: by each column's type and collation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from common.database.errors import ConfigurationError
from common.database.mssql.column_type import sent_key, type_of
from common.database.records import Baseline, Key, TrackedTable


def has_dealt_with(tracked: TrackedTable, table: sa.Table, baseline: Baseline) -> ColumnElement[bool]:
    """Rows that the baseline has read, and rows with higher keys than there were when it began.

    Raises ConfigurationError where its keys are none of this table's.
    """
    # guard: changes-of-what-was-read
    read = sa.not_(_beyond(tracked, table, baseline.after))
    return read if baseline.until is None else sa.or_(read, _beyond(tracked, table, baseline.until))


def yet_to_read(tracked: TrackedTable, table: sa.Table, baseline: Baseline) -> Sequence[ColumnElement[bool]]:
    """The others, in stretches of the primary key's index, each in front of the next. Raises ConfigurationError as
    `has_dealt_with`.

    One condition for all of them would have the index searched by the key's first column alone: in a table where that
    is the same for most rows, each piece would walk again past all that earlier ones have read.
    """
    stretches = _stretches_beyond(tracked, table, baseline.after)
    if baseline.until is None:
        return stretches
    end = _up_to(tracked, table, baseline.until)
    return [sa.and_(stretch, end) for stretch in stretches]


def _up_to(tracked: TrackedTable, table: sa.Table, key: Key) -> ColumnElement[bool]:
    first, value = next(iter(table.primary_key)), _values(tracked, table, key)[0]
    # The first is what an index is searched by.
    return sa.and_(first <= value, sa.not_(_beyond(tracked, table, key)))


def _beyond(tracked: TrackedTable, table: sa.Table, key: Key) -> ColumnElement[bool]:
    """Rows whose key comes after this one, which is as the task log holds keys."""
    return sa.or_(*_stretches_beyond(tracked, table, key))


def _stretches_beyond(tracked: TrackedTable, table: sa.Table, key: Key) -> Sequence[ColumnElement[bool]]:
    """The same in the order of keys: first the rows that have most of their columns in common with it."""
    pairs = list(zip(table.primary_key, _values(tracked, table, key), strict=True))
    # guard: stretches-in-order
    places = reversed(range(len(pairs)))
    return [
        sa.and_(*(column == value for column, value in pairs[:place]), pairs[place][0] > pairs[place][1])
        for place in places
    ]


def _values(tracked: TrackedTable, table: sa.Table, key: Key) -> list[ColumnElement[Any]]:
    kinds = [type_of(column) for column in table.primary_key]
    sent = sent_key(kinds, key)
    # Without this no row would lie beyond it, and the baseline would end.
    # guard: key-of-this-table
    if sent is None:
        raise ConfigurationError(
            f"source {tracked.name}: the baseline stands at a key that is none of {tracked.full_name}: somebody has"
            " changed relay's checkpoint; put it back as it was, or delete it, which sends what waits again"
        )
    return [kind.cast(sa.literal(part, kind.parameter)) for kind, part in zip(kinds, sent, strict=True)]
