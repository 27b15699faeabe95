"""Every statement that the cycle sends to SQL Server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from common.database import change_tracking as ct
from common.database.mssql.column_type import type_of
from common.database.mssql.fence_table import FENCES, LONGEST_HOST
from common.database.mssql.key_order import has_dealt_with
from common.database.mssql.resume import resume_text
from common.database.mssql.sys_catalog import (
    CHANGE_TRACKING_DATABASES,
    CHANGE_TRACKING_TABLES,
    DATABASES,
    INTERNAL_TABLES,
    TABLES,
)
from common.database.records import Baseline, Fence, TrackedTable

_FENCE: dict[str, ColumnElement[Any]] = {
    "version": sa.func.coalesce(FENCES.c.version, 0),
    "epoch": sa.func.coalesce(FENCES.c.epoch, ""),
    "generation": sa.func.coalesce(FENCES.c.generation, 0),
    "store": sa.func.coalesce(FENCES.c.store, ""),
    "host": sa.func.coalesce(FENCES.c.host, ""),
}
"""What a fence says. Every column may be NULL in a row that a person wrote: still a fence, with unknown owner."""


STATEMENTS = 64
"""That are kept once they are made: it takes longer to make one than to send it."""
_CHANGE_TRACKING = 209
"""Microsoft, "sys.internal_tables": the internal table that holds the changes of the table `parent_id`."""


_NOW = sa.func.SYSUTCDATETIME()
# DATEDIFF overflows where the years between are more than 68.
_AGE = sa.func.DATEDIFF_BIG(sa.text("SECOND"), FENCES.c.updated_at, _NOW, type_=sa.BigInteger)
_UPDATEABILITY = sa.cast(
    sa.func.DATABASEPROPERTYEX(sa.func.DB_NAME(), sa.literal("Updateability", sa.Unicode)), sa.Unicode(20)
)


def retention() -> sa.Select[Any]:
    """How long change tracking keeps changes, and in which unit: 1 minutes, 2 hours, 3 days (Microsoft,
    "sys.change_tracking_databases"). No row: it is off."""
    columns = CHANGE_TRACKING_DATABASES.c
    # guard: database-by-name
    # Of Azure SQL Database nobody says which of the two ids this view has: DB_ID() or that of sys.databases, which may
    # be another (Microsoft, "DB_ID").
    ids = (
        sa.func.DB_ID(),
        sa.select(DATABASES.c.database_id).where(DATABASES.c.name == sa.func.DB_NAME()).scalar_subquery(),
    )
    return sa.select(columns.retention_period, columns.retention_period_units).where(columns.database_id.in_(ids))


def shape(tracked: TrackedTable) -> sa.Select[Any]:
    """The table's object id, and when it was last altered. No row: there is none, or no right to see it."""
    found = TABLES.c.object_id == ct.object_id(tracked.schema, tracked.table)
    return sa.select(TABLES.c.object_id, TABLES.c.modify_date).where(found)


@lru_cache(maxsize=STATEMENTS)
def states(tables: tuple[TrackedTable, ...], asked: frozenset[str] = frozenset()) -> sa.Select[Any]:
    """A row for each table: its name here, version counter, object id, when it was last altered, min-valid and begin
    version, side table, whether the database can be written, and the fence. A login without CONTROL of the database
    sees no side table. For the tables whose names are `asked`, 1 or 0: whether they have changed above the version
    that the parameter `since_of(its place)` says; NULL for others."""
    each = [
        sa.select(
            sa.literal(table.name, sa.Unicode(128)).label("source"),
            ct.object_id(table.schema, table.table).label("object_id"),
            _has_changes(table, since_of(place) if table.name in asked else None).label("has_changes"),
        )
        for place, table in enumerate(tables)
    ]
    wanted = sa.union_all(*each).subquery("wanted")
    internal = INTERNAL_TABLES.c
    is_side_table = sa.and_(internal.parent_id == wanted.c.object_id, internal.internal_type == _CHANGE_TRACKING)
    return (
        sa.select(
            wanted.c.source,
            ct.current_version().label("current_version"),
            wanted.c.object_id,
            wanted.c.has_changes,
            TABLES.c.modify_date,
            ct.min_valid_version(wanted.c.object_id).label("min_valid"),
            CHANGE_TRACKING_TABLES.c.begin_version,
            INTERNAL_TABLES.c.object_id.label("side_table"),
            _UPDATEABILITY.label("updateability"),
            FENCES.c.source.label("fenced"),
            *(column.label(name) for name, column in _FENCE.items()),
            FENCES.c.resume,
            _AGE.label("age_seconds"),
        )
        .select_from(wanted)
        .outerjoin(TABLES, TABLES.c.object_id == wanted.c.object_id)
        .outerjoin(CHANGE_TRACKING_TABLES, CHANGE_TRACKING_TABLES.c.object_id == wanted.c.object_id)
        .outerjoin(INTERNAL_TABLES, is_side_table)
        .outerjoin(FENCES, FENCES.c.source == wanted.c.source)
    )


def since_of(place: int) -> str:
    """The parameter of `states` for the table at this place."""
    return f"since_{place}"


def _has_changes(tracked: TrackedTable, parameter: str | None) -> ColumnElement[int]:
    if parameter is None:
        return sa.cast(sa.null(), sa.Integer)
    # Its name is all that is needed: no column is read.
    table = sa.table(tracked.table, schema=tracked.schema)
    changes = ct.changes(table, sa.bindparam(parameter, type_=sa.BigInteger))
    return sa.case((sa.exists(sa.select(sa.literal_column("1")).select_from(changes)), 1), else_=0)


def changed_rows(
    tracked: TrackedTable, table: sa.Table, since: int, baseline: Baseline | None = None
) -> sa.Select[Any]:
    """Version, key and other args of the rows that are pending now and whose watched columns changed above `since`;
    of those that the baseline has dealt with, if there is one. Raises ConfigurationError as `has_dealt_with`.

    `since` never moves inside a cycle and versions have no cap: both lose rows (docs/cycle/read.md).
    The operation letter decides nothing; a missing mask holds every column.
    """
    changes = ct.changes(table, sa.bindparam("since", since, sa.BigInteger))
    same_row = sa.and_(*(table.c[column.name] == changes.c[column.name] for column in table.primary_key))
    mask = changes.c.SYS_CHANGE_COLUMNS
    touched = [ct.is_column_in_mask(table, name, mask) == 1 for name in tracked.watched]
    within = [] if baseline is None else [has_dealt_with(tracked, table, baseline)]
    return (
        sa.select(changes.c.SYS_CHANGE_VERSION, *_read(tracked, table))
        .select_from(changes.join(table, same_row))
        .where(
            _is_pending(tracked, table),  # guard: row-status
            sa.or_(*touched),  # guard: column-mask
            *within,
        )
        .order_by(changes.c.SYS_CHANGE_VERSION, *table.primary_key)
    )


def pending_rows(
    tracked: TrackedTable, table: sa.Table, stretch: ColumnElement[bool] | None = None, limit: int | None = None
) -> sa.Select[Any]:
    """Version, key and other args of the rows that are pending now, in the order of their keys: all, or the first of a
    stretch (`yet_to_read`). The version may be NULL.

    The primary key's index has them in this order, so that none has to be sorted before the first one comes.
    """
    within = [] if stretch is None else [stretch]
    versions = ct.version_of(table)
    return (
        sa.select(versions.c.SYS_CHANGE_VERSION, *_read(tracked, table))
        .select_from(ct.outer_apply(table, versions))
        .where(_is_pending(tracked, table), *within)
        .order_by(*table.primary_key)
        .limit(limit)
    )


def last_key(table: sa.Table) -> sa.Select[Any]:
    """The highest key of all rows."""
    key = list(table.primary_key)
    return sa.select(*(type_of(column).read(column) for column in key)).order_by(*map(sa.desc, key)).limit(1)


def pending_among(tracked: TrackedTable, table: sa.Table, count: int) -> sa.Select[Any]:
    """Ordinals of those of so many keys whose rows are pending now. SQL Server compares them, by each column's type and
    collation.

    The parameters are those of `key_parameters`.
    """
    columns = {f"k{number}": column for number, column in enumerate(table.primary_key)}
    parameters = [sa.column(name, type_of(column).parameter) for name, column in columns.items()]
    wanted = sa.values(sa.column("ordinal", sa.Integer), *parameters, name="wanted").data(
        [
            (
                sa.literal_column(str(ordinal)),
                *(sa.bindparam(f"{kind.name}_{ordinal}", None, kind.type) for kind in parameters),
            )
            for ordinal in range(count)
        ]
    )
    same_row = [column == type_of(column).try_cast(wanted.c[name]) for name, column in columns.items()]
    return (
        sa.select(wanted.c.ordinal)
        .select_from(wanted.join(table, sa.and_(*same_row)))
        .where(_is_pending(tracked, table))
    )


def key_parameters(keys: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The parameters of `pending_among` for these keys, each value as `ColumnType.sent` gave it."""
    return {f"k{number}_{ordinal}": part for ordinal, key in enumerate(keys) for number, part in enumerate(key)}


def move_fence(source: str, fence: Fence, expected: Fence) -> sa.Update:
    """Set the fence where it is what the snapshot showed."""
    return (
        sa.update(FENCES)
        .where(
            FENCES.c.source == source,
            _FENCE["version"] == expected.version,  # guard: fence-version
            _FENCE["epoch"] == expected.epoch,  # guard: fence-epoch
            _FENCE["generation"] == expected.generation,  # guard: fence-generation
            _FENCE["store"] == expected.store,
        )
        .values(_values(fence))
    )


def renew_fence(source: str, store: str) -> sa.Update:
    """Say that a relay is at work, where the fence is that of its Mongo."""
    return sa.update(FENCES).where(FENCES.c.source == source, FENCES.c.store == store).values(updated_at=_NOW)


def first_fence(source: str, fence: Fence) -> sa.Insert:
    """Set the first fence of a source; fails with 2627 when there is one."""
    return sa.insert(FENCES).values(source=source, **_values(fence))


def _values(fence: Fence) -> dict[str, Any]:
    return {
        "version": fence.version,
        "epoch": fence.epoch,
        "generation": fence.generation,
        "store": fence.store,
        "host": fence.host[:LONGEST_HOST],
        "resume": resume_text(fence.resume),
        "updated_at": _NOW,
    }


def _is_pending(tracked: TrackedTable, table: sa.Table) -> ColumnElement[bool]:
    column = table.c[tracked.status_column]
    kind = type_of(column)
    return column == kind.cast(sa.literal(kind.sent(tracked.pending_value), kind.parameter))


def _read(tracked: TrackedTable, table: sa.Table) -> list[ColumnElement[Any]]:
    """The key's columns as they come back, and the other args."""
    key = [type_of(column).read(column) for column in table.primary_key]
    return [*key, *(table.c[name] for name in _rest(tracked, table))]


def _rest(tracked: TrackedTable, table: sa.Table) -> list[str]:
    """The args that are not read with the key: no column is read twice in the same form."""
    names = dict.fromkeys(tracked.args)
    return [name for name in names if not (table.c[name].primary_key and type_of(table.c[name]).is_read_as_it_is)]


def places_of_args(tracked: TrackedTable, table: sa.Table) -> list[int]:
    """Where in a row of `changed_rows` and `pending_rows` each of the args stands."""
    rest = _rest(tracked, table)
    key = [column.name for column in table.primary_key]
    return [1 + (len(key) + rest.index(name) if name in rest else key.index(name)) for name in tracked.args]


def width_of_row(tracked: TrackedTable, table: sa.Table) -> int | None:
    """Most characters of a row of `changed_rows` and `pending_rows`; None: a column of it has no limit."""
    names = [*(column.name for column in table.primary_key), *_rest(tracked, table)]
    widths = [type_of(table.c[name]).width for name in names]
    return None if None in widths else sum(width or 0 for width in widths)
