"""Switching change tracking and snapshot isolation on and off: DDL for SQLAlchemy, and an operation for Alembic.

Syntax: Microsoft, "Enable and disable change tracking" and "ALTER DATABASE SET options". ALTER DATABASE runs outside of
transactions only (error 226): execute it on a connection in AUTOCOMMIT. ALTER TABLE runs in either.
"""

from __future__ import annotations

from typing import Any

from alembic.operations import MigrateOperation, Operations
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement


class AllowSnapshotIsolation(ExecutableDDLElement):
    """`ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON`, or OFF; waits for open transactions."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on


class EnableDatabaseTracking(ExecutableDDLElement):
    """`ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (...)`; refused where it is on already (5088).

    `retention_days` is how many days changes are kept at least, and acts only with `auto_cleanup`.
    """

    def __init__(self, *, retention_days: int, auto_cleanup: bool = True) -> None:
        self.retention_days = retention_days
        self.auto_cleanup = auto_cleanup


class DisableDatabaseTracking(ExecutableDDLElement):
    """`ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF`; refused while a table is tracked (22115)."""


class _TableTracking(ExecutableDDLElement):
    def __init__(self, schema: str, table: str) -> None:
        self.schema = schema
        self.table = table


class EnableTableTracking(_TableTracking):
    """`ALTER TABLE ... ENABLE CHANGE_TRACKING`, with the columns of updates unless said otherwise.

    Refused where the table is tracked already (4996), has no primary key (4997), or the database is not tracked (1718).
    """

    def __init__(self, schema: str, table: str, *, track_columns: bool = True) -> None:
        super().__init__(schema, table)
        self.track_columns = track_columns


class DisableTableTracking(_TableTracking):
    """`ALTER TABLE ... DISABLE CHANGE_TRACKING`; what was tracked is gone. Refused where it is not tracked (4998)."""


@compiles(AllowSnapshotIsolation, "mssql")
def _compile_snapshot(element: AllowSnapshotIsolation, _compiler: Any, **_: Any) -> str:
    return f"ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION {_switch(element.on)}"


@compiles(EnableDatabaseTracking, "mssql")
def _compile_enable_database(element: EnableDatabaseTracking, _compiler: Any, **_: Any) -> str:
    retention = f"CHANGE_RETENTION = {element.retention_days:d} DAYS"
    cleanup = f"AUTO_CLEANUP = {_switch(element.auto_cleanup)}"
    return f"ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON ({retention}, {cleanup})"


@compiles(DisableDatabaseTracking, "mssql")
def _compile_disable_database(_element: DisableDatabaseTracking, _compiler: Any, **_: Any) -> str:
    return "ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF"


@compiles(EnableTableTracking, "mssql")
def _compile_enable_table(element: EnableTableTracking, compiler: Any, **_: Any) -> str:
    columns = f"TRACK_COLUMNS_UPDATED = {_switch(element.track_columns)}"
    return f"ALTER TABLE {_name(element, compiler)} ENABLE CHANGE_TRACKING WITH ({columns})"


@compiles(DisableTableTracking, "mssql")
def _compile_disable_table(element: DisableTableTracking, compiler: Any, **_: Any) -> str:
    return f"ALTER TABLE {_name(element, compiler)} DISABLE CHANGE_TRACKING"


def _name(element: _TableTracking, compiler: Any) -> str:
    quote = compiler.preparer.quote_identifier
    return f"{quote(element.schema)}.{quote(element.table)}"


def _switch(on: bool) -> str:
    return "ON" if on else "OFF"


@Operations.register_operation("change_tracking")
class ChangeTrackingOp(MigrateOperation):
    """One of the statements above in a migration: `op.change_tracking(EnableTableTracking("dbo", "SalesInvoices"))`."""

    def __init__(self, statement: ExecutableDDLElement) -> None:
        self.statement = statement

    @classmethod
    def change_tracking(cls, operations: Operations, statement: ExecutableDDLElement) -> None:
        """Run the statement; offline, print it."""
        operations.invoke(cls(statement))


@Operations.implementation_for(ChangeTrackingOp)
def _run(operations: Operations, operation: ChangeTrackingOp) -> None:
    operations.execute(operation.statement)
