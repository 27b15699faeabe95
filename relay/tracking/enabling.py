"""The upgrade's steps apart from Alembic's versions: for a source that was added after the upgrade."""

from __future__ import annotations

import io
from collections.abc import Sequence

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Engine

from common.database.records import TrackedTable
from relay.tracking import steps

HEADER = """\
-- For the database that holds the documents: sqlcmd -b -d DATABASE -i FILE
-- What is there already stays as it is.
"""


def enable(engine: Engine, tables: Sequence[TrackedTable]) -> None:
    """Do for these tables what the upgrade does. What is there already stays as it is.

    Raises NotReadyError, before anything was changed, and the driver's errors.
    """
    with engine.connect() as connection:
        # As in the upgrade: snapshot isolation is allowed only when every transaction that is open now has ended.
        connection.connection.driver_connection.timeout = 0  # type: ignore[union-attr]
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            steps.upgrade(tables)


def script(tables: Sequence[TrackedTable]) -> str:
    """The same as T-SQL for an administrator. It may be run again."""
    printed = io.StringIO()
    options = {"as_sql": True, "literal_binds": True, "output_buffer": printed, "transaction_per_migration": True}
    context = MigrationContext.configure(dialect_name="mssql", opts=options)
    with Operations.context(context), context.begin_transaction(_per_migration=True):
        steps.upgrade(tables)
    return f"{HEADER}\n{printed.getvalue()}"
