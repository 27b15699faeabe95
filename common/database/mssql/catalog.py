"""A tracked table as the catalog describes it, held against what its source says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Column, MetaData, Table, inspect
from sqlalchemy.engine import Connection

from common.database.errors import ConfigurationError
from common.database.records import TrackedTable

_NUMBERS = {"int", "bool", "float", "Decimal"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Described:
    """What the catalog says of a table that is there."""

    key: tuple[str, ...]
    types: Mapping[str, Any]
    """Columns by name, in their order, with SQLAlchemy's types."""


def describe(connection: Connection, tracked: TrackedTable) -> Table:
    """The table with its key, args and status columns, typed; key columns in key order come first.

    Raises ConfigurationError, with a line for every mistake, where source and catalog do not agree.
    """
    found = _look(connection, tracked)
    mistakes = [f"source {tracked.name}: {line}" for line in _mistakes(tracked, found)]
    if mistakes or found is None:
        raise ConfigurationError("\n".join(mistakes))
    wanted = dict.fromkeys([*found.key, *tracked.args, tracked.status_column])
    columns = [Column(name, found.types[name], primary_key=name in found.key) for name in wanted]
    return Table(tracked.table, MetaData(), *columns, schema=tracked.schema)


def _look(connection: Connection, tracked: TrackedTable) -> _Described | None:
    catalog = inspect(connection)
    if not catalog.has_table(tracked.table, schema=tracked.schema):
        return None
    key = catalog.get_pk_constraint(tracked.table, schema=tracked.schema)["constrained_columns"]
    columns = catalog.get_columns(tracked.table, schema=tracked.schema)
    return _Described(key=tuple(key), types={column["name"]: column["type"] for column in columns})


def _mistakes(tracked: TrackedTable, found: _Described | None) -> Iterator[str]:
    """What is wrong, each with the source's field and the remedy."""
    table = tracked.full_name
    if found is None:
        yield (
            f"table: there is no table {table}, or the login may not see it;"
            f" create it, or GRANT SELECT ON {table}, or check MSSQL_DATABASE"
        )
        return
    if not found.key:
        yield f"table: {table} has no primary key, which change tracking needs; add one"
    elif tracked.key is not None and set(tracked.key) != set(found.key):
        yield f"key: the primary key of {table} is ({', '.join(found.key)}); write that, or leave `key` out"
    for name in tracked.args:
        if name not in found.types:
            yield f"args: {table} has no column {name}; {_hint(name, found)}"
    if tracked.status_column in found.types:
        yield from _misfits(tracked, found.types[tracked.status_column])
    else:
        yield f"status_column: {table} has no column {tracked.status_column}; {_hint(tracked.status_column, found)}"


def _hint(name: str, found: _Described) -> str:
    """The column that was probably meant: another case, or a slip of the finger."""
    folded = {column.lower(): column for column in found.types}
    near: Sequence[str] = get_close_matches(name.lower(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"its columns are: {', '.join(found.types)}"


def _misfits(tracked: TrackedTable, column: Any) -> Iterator[str]:
    """Why the status column could never hold the pending value."""
    value, name = tracked.pending_value, tracked.status_column
    holds = _python_type(column)
    if isinstance(value, int):
        if (holds and holds not in _NUMBERS) or (holds == "bool" and value not in (0, 1)):
            yield f"pending_value: {name} is {column}, which is never {value}; write a value that it can hold"
        return
    if holds in _NUMBERS or holds in {dt.date.__name__, dt.datetime.__name__, dt.time.__name__, "bytes"}:
        yield f"pending_value: {name} is {column}, which is never '{value}'; write a value that it can hold"
    elif (length := getattr(column, "length", None)) is not None and len(value) > length:
        yield f"pending_value: '{value}' has {len(value)} characters, and {name} is {column}; write what it can hold"


def _python_type(column: Any) -> str:
    try:
        return str(column.python_type.__name__)
    except NotImplementedError:
        return ""
