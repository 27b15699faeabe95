"""Alembic runs this file for every command that needs the database or prints a script."""

from __future__ import annotations

from logging.config import fileConfig

from alembic import context
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError, get_settings
from common.database.mssql.errors import LOCK_TIMEOUT, RIGHTS, error_number, remedy
from common.database.mssql_client import make_engine
from common.error_text import sql_server_text
from relay.tracking.checks import NotReadyError
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


def refusal(error: DBAPIError) -> str:
    """What SQL Server or its driver said, and what to do about it, for a person."""
    said = sql_server_text(str(error.orig.args[-1] if error.orig is not None and error.orig.args else error))
    if error.statement is None:
        return f"cannot connect to SQL Server: {said}\n{remedy(error) or 'check MSSQL_SERVER and the network'}"
    fix = f"{remedy(error)}\n" if error_number(error) in {*RIGHTS, LOCK_TIMEOUT} else ""
    again = "What was done before stays; fix it and run this again."
    return f"SQL Server refuses: {said}\nin: {error.statement}\n{fix}{again}"


if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

try:
    if context.is_offline_mode():
        print_script()
    else:
        run()
except (SettingsError, NotReadyError) as error:
    raise SystemExit(str(error)) from None
except DBAPIError as error:
    raise SystemExit(refusal(error)) from None
