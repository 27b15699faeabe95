"""Alembic runs this file for every command that needs the database or prints a script."""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from sqlalchemy.exc import DBAPIError

from common.config import get_settings
from common.database.mssql.errors import LOCK_TIMEOUT, RIGHTS, error_number, remedy, said
from common.database.mssql_client import make_engine
from common.sql_server_text import without_values
from relay.exits import EXIT_CONFIGURATION, EXIT_REFUSED, end_process
from relay.operations.ending import Ending, ending_of
from relay.standard_streams import check_output, open_closed_streams
from relay.tracking.enabling import HEADER

VERSION_TABLE = "relay_alembic_version"
"""Not Alembic's usual name: the database belongs to others, who may use Alembic themselves."""


def print_script() -> None:
    """`--sql`: print T-SQL for an administrator. Needs no settings but RELAY_SOURCES, and no database."""
    context.configure(
        dialect_name="mssql",
        literal_binds=True,
        version_table=VERSION_TABLE,
        version_table_schema="dbo",
        transaction_per_migration=True,
    )
    context.get_context().impl.static_output(HEADER.rstrip())
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Run the migrations in the database that the settings name. Raises SettingsError, DBAPIError, NotReadyError."""
    engine = make_engine(get_settings())
    try:
        with engine.connect() as connection:
            # ALLOW_SNAPSHOT_ISOLATION waits until every transaction that is open now has ended: that may take long.
            connection.connection.driver_connection.timeout = 0  # type: ignore[union-attr]
            context.configure(
                connection=connection,
                version_table=VERSION_TABLE,
                version_table_schema="dbo",
                transaction_per_migration=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


def refusal(error: DBAPIError) -> Ending:
    """What SQL Server said of a statement of the migration, and what to do about it, for a person."""
    # Remedies for other errors are meant for a relay at work.
    fix = remedy(error) if error_number(error) in {*RIGHTS, LOCK_TIMEOUT} else None
    again = "What was done before stays; fix it and run this again."
    return Ending(
        code=EXIT_CONFIGURATION if fix else EXIT_REFUSED,
        lines=[
            f"SQL Server refuses: {without_values(said(error))}",
            f"in: {error.statement}",
            *([fix] if fix else []),
            again,
        ],
    )


open_closed_streams()
check_output()
if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

try:
    if context.is_offline_mode():
        print_script()
    else:
        run()
except Exception as error:
    if isinstance(error, DBAPIError) and error.statement is not None and error_number(error) is not None:
        ending: Ending | None = refusal(error)
    else:
        ending = ending_of(error)
    if ending is None:
        raise
    end_process(ending.lines, ending.code)
