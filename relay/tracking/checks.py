"""What has to be true before anything is switched on. Every problem is found at once, none is fixed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from common.database.errors import ConfigurationError
from common.database.mssql import watched_columns as watching
from common.database.mssql.column_type import COMES_BACK
from common.database.mssql.columns import columns_of
from common.database.mssql.fence_table import FENCES
from common.database.records import TrackedTable
from relay.tracking import conditions, memory
from relay.tracking.conditions import Condition, If

_ERROR_NUMBER = 50001
"""THROW takes 50000 and above."""


class NotReadyError(ConfigurationError):
    """The database is not ready for the migration, which has changed nothing. One line a problem, with its remedy."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What may be wrong, how to see it, and what to do about it."""

    when: Condition
    message: str
    looked_up: Callable[[Connection], str] | None = None
    """The message, made when there is a database to look into; None: nothing more can be said."""

    def describe(self, connection: Connection) -> str:
        """What to say of it, as exactly as this database lets us."""
        return self.looked_up(connection) if self.looked_up else self.message


class _Throw(ExecutableDDLElement):
    def __init__(self, message: str) -> None:
        self.message = message


@compiles(_Throw, "mssql")
def _compile_throw(element: _Throw, compiler: Any, **_: Any) -> str:
    message = compiler.sql_compiler.render_literal_value(element.message, sa.Unicode())
    return f"THROW {_ERROR_NUMBER}, {message}, 1"


def before_upgrade(tables: Sequence[TrackedTable]) -> Sequence[Problem]:
    """What would keep the upgrade from its end."""
    return [_foreign_fence_table(), *(problem for table in tables for problem in _of_table(table))]


def before_downgrade() -> Sequence[Problem]:
    """What would keep the downgrade from knowing what to take away."""
    message = (
        "dbo.relay_fence is gone, and with it the memory of what the upgrade switched on: switch change tracking"
        " and snapshot isolation off by hand where nobody else needs them, then run `alembic stamp base`"
    )
    return [Problem(when=~memory.is_there(), message=message)]


def refuse(connection: Connection, problems: Sequence[Problem]) -> None:
    """Raise NotReadyError with those of the problems that exist."""
    found = [problem.describe(connection) for problem in problems if problem.when.holds(connection)]
    if found:
        raise NotReadyError("\n".join(found))


def guards(problems: Sequence[Problem]) -> Iterator[sa.Executable]:
    """The same for a script, which runs in a transaction: every problem is an error, and nothing more is executed.

    An error does not end a script, only its batch. It does end the transaction; that is how the last guard knows.
    """
    yield sa.text("SET XACT_ABORT ON")
    for problem in problems:
        yield If(problem.when, _Throw(problem.message))
    yield sa.text("IF @@TRANCOUNT = 0 SET NOEXEC ON")


def _of_table(tracked: TrackedTable) -> Iterator[Problem]:
    schema, table = tracked.schema, tracked.table
    who = f"{tracked.full_name} (source {tracked.name})"
    yield Problem(
        when=~conditions.table_is_there(schema, table),
        message=f"{who} does not exist: create it, or check MSSQL_DATABASE; relay creates no business tables",
    )
    yield Problem(
        when=conditions.table_lacks_primary_key(schema, table),
        message=f"{who} has no primary key, which change tracking needs: ALTER TABLE ... ADD PRIMARY KEY (...)",
    )
    yield Problem(
        when=conditions.table_is_tracked_without_columns(schema, table),
        message=f"{who} is tracked without TRACK_COLUMNS_UPDATED, which relay needs: ALTER TABLE {tracked.full_name}"
        " DISABLE CHANGE_TRACKING, then upgrade again; whoever else reads its changes has to start over",
    )
    # guard: key-comes-back-before-upgrade
    yield Problem(
        when=conditions.table_has_key_of_other_types(schema, table, COMES_BACK),
        message=f"{who}: key: the primary key has a type that the task log cannot give back as what it was;"
        " give the table a primary key of another type, and this one UNIQUE",
    )
    # guard: computed-before-upgrade
    for name in watching.relied_on(tracked):
        yield _computed(tracked, who, name)


def _computed(tracked: TrackedTable, who: str, name: str) -> Problem:
    schema, table = tracked.schema, tracked.table

    def looked_up(connection: Connection) -> str:
        return f"{who}: {watching.refusal(tracked, name, columns_of(connection, schema, table))}"

    return Problem(
        when=conditions.column_is_computed(schema, table, name),
        message=f"{who}: {watching.refusal(tracked, name, {})}",
        looked_up=looked_up,
    )


def _foreign_fence_table() -> Problem:
    table = FENCES
    return Problem(
        when=conditions.table_lacks_column("dbo", table.name, table.c.switched_on.name),
        message=f"dbo.{table.name} exists, but is not relay's, for it has no column {table.c.switched_on.name}:"
        " rename it",
    )
