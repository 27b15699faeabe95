"""Where a row stands in the order of its table's key. SQL Server compares: by each column's type and collation."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from common.database.errors import ConfigurationError
from common.database.mssql.column_type import type_of
from common.database.records import Baseline, Key, TrackedTable


def has_dealt_with(tracked: TrackedTable, table: sa.Table, baseline: Baseline) -> ColumnElement[bool]:
    """Rows that the baseline has read, and rows with higher keys than there were when it began.

    Raises ConfigurationError where its keys are none of this table's.
    """
    # guard: changes-of-what-was-read
    read = sa.not_(_beyond(tracked, table, baseline.after))
    return read if baseline.until is None else sa.or_(read, _beyond(tracked, table, baseline.until))


def has_yet_to_read(tracked: TrackedTable, table: sa.Table, baseline: Baseline) -> ColumnElement[bool]:
    """The others. Raises ConfigurationError as `has_dealt_with`."""
    later = _beyond(tracked, table, baseline.after)
    return later if baseline.until is None else sa.and_(later, sa.not_(_beyond(tracked, table, baseline.until)))


def _beyond(tracked: TrackedTable, table: sa.Table, key: Key) -> ColumnElement[bool]:
    """Rows whose key comes after this one, which is as the task log holds keys."""
    columns, values = list(table.primary_key), _values(tracked, table, key)
    pairs = list(zip(columns, values, strict=True))
    later = [
        sa.and_(*(column == value for column, value in pairs[:place]), column > value)
        for place, (column, value) in enumerate(pairs)
    ]
    # The first is what an index is searched by.
    return sa.and_(columns[0] >= values[0], sa.or_(*later))


def _values(tracked: TrackedTable, table: sa.Table, key: Key) -> list[ColumnElement[Any]]:
    kinds = [type_of(column) for column in table.primary_key]
    sent = [kind.sent(part) for kind, part in zip(kinds, key, strict=False)]
    # Without this no row would lie beyond it, and the baseline would end.
    # guard: key-of-this-table
    if len(key) != len(kinds) or None in sent:
        raise ConfigurationError(
            f"source {tracked.name}: the baseline stands at a key that is none of {tracked.full_name}: somebody has"
            " changed relay's checkpoint; put it back as it was, or delete it, which sends what waits again"
        )
    return [kind.cast(sa.literal(part, kind.parameter)) for kind, part in zip(kinds, sent, strict=True)]
