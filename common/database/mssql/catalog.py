"""A tracked table as the catalog describes it: its primary key, and the columns that are read."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, inspect
from sqlalchemy.engine import Connection

from common.database.errors import ConfigurationError
from common.database.records import TrackedTable


def describe(connection: Connection, tracked: TrackedTable) -> Table:
    """The table with its key, args and status columns, typed; key columns in key order come first.

    Raises ConfigurationError for a table that is missing, has no primary key, or lacks a column that is read.
    """
    catalog = inspect(connection)
    if not catalog.has_table(tracked.table, schema=tracked.schema):
        raise ConfigurationError(
            f"source {tracked.name}: there is no table {tracked.full_name}, or the login may not see it;"
            f" create it, or GRANT SELECT ON {tracked.full_name}"
        )
    key = catalog.get_pk_constraint(tracked.table, schema=tracked.schema)["constrained_columns"]
    if not key:
        raise ConfigurationError(
            f"source {tracked.name}: {tracked.full_name} has no primary key, which change tracking needs; add one"
        )
    types = {column["name"]: column["type"] for column in catalog.get_columns(tracked.table, schema=tracked.schema)}
    wanted = list(dict.fromkeys([*key, *tracked.args, tracked.status_column]))
    missing = [name for name in wanted if name not in types]
    if missing:
        raise ConfigurationError(
            f"source {tracked.name}: {tracked.full_name} has no column {', '.join(missing)};"
            f" its columns are: {', '.join(types)}"
        )
    columns = [Column(name, types[name], primary_key=name in key) for name in wanted]
    return Table(tracked.table, MetaData(), *columns, schema=tracked.schema)
