"""A tracked table as the catalog describes it, compared with what its source says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import Column, MetaData, Table, inspect
from sqlalchemy.engine import Connection

from common.database.errors import ConfigurationError
from common.database.mssql import pending_value
from common.database.mssql import watched_columns as watching
from common.database.mssql.column_type import COMES_BACK
from common.database.mssql.columns import Described, columns_of
from common.database.mssql.locks import locks_named
from common.database.records import TrackedTable


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What the catalog says of a table that is there."""

    key: tuple[str, ...]
    columns: Mapping[str, Described]


def describe(connection: Connection, tracked: TrackedTable) -> Table:
    """The table with its key, args and status columns, typed; key columns in key order come first.

    Raises ConfigurationError, with a line for every problem, where source and catalog do not agree, and LockedError.
    """
    with locks_named(tracked, tracked.full_name):
        found = _look(connection, tracked)
    problems = [f"source {tracked.name}: {line}" for line in _problems(connection, tracked, found)]
    if problems or found is None:
        raise ConfigurationError("\n".join(problems))
    wanted = dict.fromkeys([*found.key, *tracked.args, tracked.status_column])
    columns = [Column(name, found.columns[name].type, primary_key=name in found.key) for name in wanted]
    return Table(tracked.table, MetaData(), *columns, schema=tracked.schema)


def doubts(connection: Connection, tracked: TrackedTable) -> Sequence[str]:
    """What is no problem, but may surprise: a line each. Of a table that is there."""
    with locks_named(tracked, tracked.full_name):
        found = _look(connection, tracked)
        if found is None:
            return []
        status = found.columns[tracked.status_column]
        lines = [
            *watching.doubts(tracked, found.columns),
            *pending_value.doubts(connection, tracked, status, found.key),
        ]
    return [f"source {tracked.name}: {line}" for line in lines]


def _look(connection: Connection, tracked: TrackedTable) -> _Found | None:
    catalog = inspect(connection)
    if not catalog.has_table(tracked.table, schema=tracked.schema):
        return None
    key = catalog.get_pk_constraint(tracked.table, schema=tracked.schema)["constrained_columns"]
    return _Found(key=tuple(key), columns=columns_of(connection, tracked.schema, tracked.table))


def _problems(connection: Connection, tracked: TrackedTable, found: _Found | None) -> Iterator[str]:
    """What is wrong, each with the source's field and the remedy."""
    table = tracked.full_name
    if found is None:
        yield (
            f"table: there is no table {table}, or the login may not see it;"
            f" create it, or GRANT SELECT ON {table}, or check MSSQL_DATABASE"
        )
        return
    yield from _problems_in_key(tracked, found)
    for field, names in (("args", tracked.args), ("watch", tracked.watch or ())):
        for name in names:
            if name not in found.columns:
                yield f"{field}: {table} has no column {name}; {_hint(name, found)}"
    if tracked.status_column in found.columns:
        yield from pending_value.problems(connection, tracked, found.columns[tracked.status_column])
    else:
        yield f"status_column: {table} has no column {tracked.status_column}; {_hint(tracked.status_column, found)}"
    yield from watching.problems(tracked, found.columns)


def _problems_in_key(tracked: TrackedTable, found: _Found) -> Iterator[str]:
    table = tracked.full_name
    if not found.key:
        yield f"table: {table} has no primary key, which change tracking needs; add one"
    elif tracked.key is not None and set(tracked.key) != set(found.key):
        yield f"key: the primary key of {table} is ({', '.join(found.key)}); write that, or leave `key` out"
    for name in found.key:
        # guard: key-comes-back
        if (kind := found.columns[name].type).name not in COMES_BACK:
            yield (
                f"key: {name} of {table} is {kind}, which the task log cannot give back as what it was;"
                " give the table a primary key of another type, and this column UNIQUE"
            )


def _hint(name: str, found: _Found) -> str:
    """The column that was probably meant: another case, or a slip of the finger."""
    folded = {column.lower(): column for column in found.columns}
    near: Sequence[str] = get_close_matches(name.lower(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"its columns are: {', '.join(found.columns)}"
