"""Tables that could become sources: those with a status column, as TOML for the file of sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import tomlkit
from sqlalchemy.engine import Connection

from common.database.mssql.column_type import COMES_BACK, TEXTS
from common.database.mssql.columns import Described, columns_of, computed_from
from common.database.mssql.fence_table import FENCES
from common.database.names import full_name
from relay.sources.source import Source

SYSTEM_SCHEMAS = frozenset({"sys", "guest", "INFORMATION_SCHEMA"})
OWN_TABLES = frozenset({FENCES.name, "relay_alembic_version"})
LOOKED_AT = 1000
"""Rows of a table that are looked at for the values of its status column."""
SHOWN = 8
LONGEST_NAME = 50
"""So that a schema or a number can be added."""

_STATUS = re.compile(r"(status|state)\d*$", re.IGNORECASE)
_PENDING = re.compile(r"pending|unsent|to_?send|queued|ready", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A table that has a text column for its status."""

    schema: str
    table: str
    key: tuple[str, ...]
    """Empty: it has no primary key, and cannot be tracked before it does."""
    status_column: str
    values: tuple[str, ...]
    """Some that the status column holds."""
    watch: tuple[str, ...] | None
    """What to watch in place of a status column that is computed; empty: its definition does not tell. None: it is an
    ordinary one."""
    is_key_usable: bool
    """Whether the task log gives its values back as what they were."""


def suggested_sources(connection: Connection, known: Sequence[Source]) -> str:
    """TOML with a source for every table that has a status column and is not relayed yet.

    What cannot be known (the order of the arguments, the pending value) is guessed, and marked to be checked.
    """
    taken = {(source.schema, source.table) for source in known}
    document = tomlkit.document()
    document.add(tomlkit.comment("Check every line, then set RELAY_SOURCES to this file and run: relay enable"))
    sources = tomlkit.table(is_super_table=True)
    names = {source.name for source in known}
    for candidate in _candidates(connection, taken):
        name = _name_for(candidate, names)
        names.add(name)
        sources.add(name, _entry(candidate))
    if not sources:
        document.add(tomlkit.comment("There is no other table with a status column that this login may see."))
    else:
        document.add("sources", sources)
    return tomlkit.dumps(document)


def _candidates(connection: Connection, taken: Collection[tuple[str, str]]) -> Iterator[Candidate]:
    catalog = sa.inspect(connection)
    for schema in catalog.get_schema_names():
        if schema in SYSTEM_SCHEMAS or schema.startswith("db_"):
            continue
        for table in catalog.get_table_names(schema=schema):
            if table in OWN_TABLES or (schema, table) in taken:
                continue
            columns = columns_of(connection, schema, table)
            status = next((column for column in columns.values() if _is_status(column)), None)
            if status is not None:
                key = catalog.get_pk_constraint(table, schema=schema)["constrained_columns"]
                yield Candidate(
                    schema=schema,
                    table=table,
                    key=tuple(key),
                    status_column=status.name,
                    values=_values(connection, schema, table, status.name),
                    watch=tuple(computed_from(status, columns)) if status.is_computed else None,
                    is_key_usable=all(columns[name].type.name in COMES_BACK for name in key),
                )


def _is_status(column: Described) -> bool:
    return column.type.name in TEXTS and bool(_STATUS.search(column.name))


def _values(connection: Connection, schema: str, table: str, status: str) -> tuple[str, ...]:
    """Values among the first rows that come: a table may be large, and this is only a hint."""
    column: sa.ColumnClause[str] = sa.column(status, sa.Unicode)
    rows = sa.select(column).select_from(sa.table(table, column, schema=schema)).limit(LOOKED_AT).subquery("looked_at")
    found = connection.execute(sa.select(rows.c[status]).distinct()).scalars()
    return tuple(sorted(value for value in found if value is not None))


def _entry(candidate: Candidate) -> Any:
    entry = tomlkit.table()
    entry.add("table", full_name(candidate.schema, candidate.table))
    entry.add("args", list(_args(candidate)))
    entry["args"].comment("the order in which the task takes them, first the business id")
    entry.add("status_column", candidate.status_column)
    entry.add("pending_value", _pending_value(candidate))
    seen = ", ".join(candidate.values[:SHOWN]) or "nothing yet"
    entry["pending_value"].comment(f"the column holds: {seen}")
    if candidate.watch is not None:
        entry.add("watch", list(candidate.watch) or ["FILL_IN"])
        entry["watch"].comment(f"what {candidate.status_column} is computed from")
    if not candidate.is_key_usable:
        entry.add(tomlkit.comment("The task log cannot give back keys of its primary key's type: give it another."))
    if not candidate.key:
        entry.add(tomlkit.comment("It has no primary key, which change tracking needs: add one first."))
    return entry


def _args(candidate: Candidate) -> Sequence[str]:
    """The key's columns, the most specific first: where shop and local id are the key, the local id."""
    return tuple(reversed(candidate.key)) or ("FILL_IN",)


def _pending_value(candidate: Candidate) -> str:
    default = str(Source.__dataclass_fields__["pending_value"].default)
    return next((value for value in candidate.values if _PENDING.search(value)), default)


def _name_for(candidate: Candidate, names: Collection[str]) -> str:
    """`GoodsReceipts` becomes goods_receipts; a name that is taken gets its schema before it, then a number."""
    name = _snake(candidate.table)
    if name in names:
        name = f"{_snake(candidate.schema)}_{name}"
    number = 2
    free = name
    while free in names:
        free, number = f"{name}_{number}", number + 1
    return free


def _snake(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    snake = "_".join(word.lower() for word in words) or "source"
    return (snake if snake[0].isalpha() else f"source_{snake}")[:LONGEST_NAME]
