"""SQL Server's catalog views, with the columns that relay asks for (Microsoft, "System catalog views")."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def _view(view: str, /, **columns: type[sa.types.TypeEngine[Any]]) -> sa.TableClause:
    return sa.table(view, *(sa.column(name, kind) for name, kind in columns.items()), schema="sys")


CHANGE_TRACKING_DATABASES = _view(
    "change_tracking_databases",
    database_id=sa.Integer,
    retention_period=sa.Integer,
    retention_period_units=sa.SmallInteger,
)
CHANGE_TRACKING_TABLES = _view(
    "change_tracking_tables", object_id=sa.Integer, begin_version=sa.BigInteger, is_track_columns_updated_on=sa.Integer
)
COLUMNS = _view(
    "columns",
    object_id=sa.Integer,
    column_id=sa.Integer,
    name=sa.Unicode,
    system_type_id=sa.Integer,
    user_type_id=sa.Integer,
    max_length=sa.Integer,
    precision=sa.Integer,
    scale=sa.Integer,
    collation_name=sa.Unicode,
    is_computed=sa.Integer,
)
COMPUTED_COLUMNS = _view("computed_columns", object_id=sa.Integer, column_id=sa.Integer, definition=sa.Unicode)
DATABASES = _view("databases", database_id=sa.Integer, name=sa.Unicode, snapshot_isolation_state=sa.Integer)
INDEX_COLUMNS = _view("index_columns", object_id=sa.Integer, index_id=sa.Integer, column_id=sa.Integer)
INDEXES = _view("indexes", object_id=sa.Integer, index_id=sa.Integer, is_primary_key=sa.Integer)
INTERNAL_TABLES = _view("internal_tables", object_id=sa.Integer, parent_id=sa.Integer, internal_type=sa.SmallInteger)
KEY_CONSTRAINTS = _view("key_constraints", parent_object_id=sa.Integer, type=sa.Unicode)
SCHEMAS = _view("schemas", schema_id=sa.Integer, name=sa.Unicode)
TABLES = _view(
    "tables",
    object_id=sa.Integer,
    schema_id=sa.Integer,
    name=sa.Unicode,
    is_ms_shipped=sa.Integer,
    temporal_type=sa.SmallInteger,
    modify_date=sa.DateTime,
)
TYPES = _view("types", user_type_id=sa.Integer, name=sa.Unicode)
