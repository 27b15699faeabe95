"""sys.objects, sys.columns and the other views about tables."""

from __future__ import annotations

from sandbox.sqlserver.collations import DEFAULT
from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.translate.views.view import View, by_name, column, seen, seen_objects
from sandbox.sqlserver.engine.values.types import BIGINT, BIT, DATETIME, INT, MAX, SMALLINT, SYSNAME, TINYINT, nvarchar

_TYPE = SqlType(name="char", length=2)
_DESCRIPTION = nvarchar(60)
_TEXT = nvarchar(MAX)
_COLLATION = f"ifnull(c.collation, '{DEFAULT.name}')"
_TYPE_DESCRIPTIONS = (
    "(CASE type WHEN 'U' THEN 'USER_TABLE' WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT' WHEN 'UQ' THEN 'UNIQUE_CONSTRAINT' "
    "WHEN 'D' THEN 'DEFAULT_CONSTRAINT' ELSE 'CHECK_CONSTRAINT' END)"
)
_SCHEMA_OF_TABLE = (
    "(SELECT s.schema_id FROM _schemas AS s JOIN _objects AS o ON o.schema_name = s.name WHERE o.object_id = table_id)"
)
IS_COMPUTED = "EXISTS (SELECT 1 FROM _computed AS m WHERE m.table_id = c.table_id AND m.column_id = c.column_id)"
"""SQL: whether the column `c` of `_columns` is a computed one."""
_OBJECT_COLUMNS = (
    column("name", SYSNAME, nullable=False),
    column("object_id", INT, nullable=False),
    column("principal_id", INT, "NULL"),
    column("schema_id", INT, "(SELECT s.schema_id FROM _schemas AS s WHERE s.name = schema_name)", nullable=False),
    column("parent_object_id", INT, "parent_id", nullable=False),
    column("type", _TYPE),
    column("type_desc", _DESCRIPTION, _TYPE_DESCRIPTIONS),
    column("create_date", DATETIME, "created", nullable=False),
    column("modify_date", DATETIME, "ifnull(modified, created)", nullable=False),
    column("is_ms_shipped", BIT, "0", nullable=False),
)


def _of_type(what: str) -> str:
    return f"tsql_describe_column('{what}', c.type_name, c.length, c.precision, c.scale)"


_OBJECTS = View(schema="sys", name="objects", columns=_OBJECT_COLUMNS, origin=seen_objects())
_ALL_OBJECTS = View(schema="sys", name="all_objects", columns=_OBJECT_COLUMNS, origin=seen_objects())
_TABLES = View(
    schema="sys",
    name="tables",
    columns=(
        *_OBJECT_COLUMNS,
        column("temporal_type", TINYINT, "0"),
        column("is_memory_optimized", BIT, "0"),
        column("is_external", BIT, "0"),
    ),
    origin=f"{seen_objects()} WHERE type = 'U'",
)
_VIEWS = View(schema="sys", name="views", columns=_OBJECT_COLUMNS, origin="_objects WHERE 0")
_COLUMNS = View(
    schema="sys",
    name="columns",
    columns=(
        column("object_id", INT, "c.table_id", nullable=False),
        column("name", SYSNAME, "c.name"),
        column("column_id", INT, "c.column_id", nullable=False),
        column("system_type_id", TINYINT, _of_type("type_id"), nullable=False),
        column("user_type_id", INT, _of_type("type_id"), nullable=False),
        column("max_length", SMALLINT, _of_type("max_length"), nullable=False),
        column("precision", TINYINT, _of_type("precision"), nullable=False),
        column("scale", TINYINT, _of_type("scale"), nullable=False),
        column(
            "collation_name",
            SYSNAME,
            f"(CASE WHEN c.type_name LIKE '%char' THEN {_COLLATION} END)",
        ),
        column("is_nullable", BIT, "c.nullable"),
        column("is_identity", BIT, "(c.seed IS NOT NULL)", nullable=False),
        column("is_computed", BIT, IS_COMPUTED, nullable=False),
        column("is_hidden", BIT, "0", nullable=False),
        column("is_sparse", BIT, "0", nullable=False),
        column("generated_always_type", TINYINT, "0", nullable=False),
        column("default_object_id", INT, "ifnull(d.object_id, 0)", nullable=False),
    ),
    origin=f"{seen('_columns')} AS c LEFT JOIN _defaults AS d ON d.table_id = c.table_id AND d.column_id = c.column_id",
)
_IDENTITY_COLUMNS = View(
    schema="sys",
    name="identity_columns",
    columns=(
        column("object_id", INT, "c.table_id", nullable=False),
        column("name", SYSNAME, "c.name"),
        column("column_id", INT, "c.column_id", nullable=False),
        column("seed_value", BIGINT, "c.seed"),
        column("increment_value", BIGINT, "c.increment"),
        column("last_value", BIGINT, "(SELECT last FROM _identity AS i WHERE i.table_id = c.table_id)"),
        column("is_identity", BIT, "1", nullable=False),
    ),
    origin=f"{seen('_columns')} AS c WHERE c.seed IS NOT NULL",
)
_COMPUTED_COLUMNS = View(
    schema="sys",
    name="computed_columns",
    columns=(
        column("object_id", INT, "c.table_id", nullable=False),
        column("name", SYSNAME, "c.name"),
        column("column_id", INT, "c.column_id", nullable=False),
        column("is_computed", BIT, "1", nullable=False),
        column("definition", _TEXT, "('(' || m.text || ')')"),
        column("is_persisted", BIT, "m.persisted", nullable=False),
    ),
    origin=f"{seen('_columns')} AS c JOIN _computed AS m ON m.table_id = c.table_id AND m.column_id = c.column_id",
)
_DEFAULT_CONSTRAINTS = View(
    schema="sys",
    name="default_constraints",
    columns=(
        column("name", SYSNAME),
        column("object_id", INT),
        column("schema_id", INT, _SCHEMA_OF_TABLE),
        column("parent_object_id", INT, "table_id"),
        column("parent_column_id", INT, "column_id"),
        column("definition", _TEXT, "('(' || text || ')')"),
        column("type", _TYPE, "'D '"),
    ),
    origin=seen("_defaults"),
)
_CHECK_CONSTRAINTS = View(
    schema="sys",
    name="check_constraints",
    columns=(
        column("name", SYSNAME),
        column("object_id", INT),
        column("schema_id", INT, _SCHEMA_OF_TABLE),
        column("parent_object_id", INT, "table_id"),
        column("parent_column_id", INT, "0"),
        column("definition", _TEXT, "('(' || text || ')')"),
    ),
    origin=seen("_checks"),
)
_KEY_CONSTRAINTS = View(
    schema="sys",
    name="key_constraints",
    columns=(
        column("name", SYSNAME),
        column("object_id", INT),
        column("schema_id", INT, _SCHEMA_OF_TABLE),
        column("parent_object_id", INT, "table_id"),
        column("type", _TYPE, "kind"),
        column(
            "type_desc",
            _DESCRIPTION,
            "(CASE kind WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT' ELSE 'UNIQUE_CONSTRAINT' END)",
        ),
        column("unique_index_id", INT, "index_id"),
        column("is_system_named", BIT, "0"),
    ),
    origin=f"{seen('_indexes')} WHERE kind IN ('PK', 'UQ')",
)
_INDEXES = View(
    schema="sys",
    name="indexes",
    columns=(
        column("object_id", INT, "table_id", nullable=False),
        column("name", SYSNAME),
        column("index_id", INT, nullable=False),
        column("type", TINYINT, "(CASE index_id WHEN 1 THEN 1 ELSE 2 END)", nullable=False),
        column("type_desc", _DESCRIPTION, "(CASE index_id WHEN 1 THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END)"),
        column("is_unique", BIT, "(kind <> 'IX')"),
        column("is_primary_key", BIT, "(kind = 'PK')"),
        column("is_unique_constraint", BIT, "(kind = 'UQ')"),
        column("is_hypothetical", BIT, "0"),
        column("is_disabled", BIT, "0"),
        column("has_filter", BIT, "(condition IS NOT NULL)"),
        column("filter_definition", _TEXT, "('(' || condition || ')')"),
        column("data_space_id", INT, "1"),
    ),
    origin=seen("_indexes"),
)
_INDEX_COLUMNS = View(
    schema="sys",
    name="index_columns",
    columns=(
        column("object_id", INT, "table_id", nullable=False),
        column("index_id", INT, nullable=False),
        column("index_column_id", INT, "ordinal", nullable=False),
        column("column_id", INT, nullable=False),
        column("key_ordinal", TINYINT, "(CASE included WHEN 1 THEN 0 ELSE ordinal END)", nullable=False),
        column("partition_ordinal", TINYINT, "0", nullable=False),
        column("is_descending_key", BIT, "descending"),
        column("is_included_column", BIT, "included"),
    ),
    origin=seen("_index_columns"),
)
_FOREIGN_KEYS = View(
    schema="sys",
    name="foreign_keys",
    columns=(*_OBJECT_COLUMNS, column("referenced_object_id", INT, "NULL"), column("key_index_id", INT, "NULL")),
    origin="_objects WHERE 0",
)
_FOREIGN_KEY_COLUMNS = View(
    schema="sys",
    name="foreign_key_columns",
    columns=tuple(
        column(name, INT, "0")
        for name in [
            "constraint_object_id",
            "constraint_column_id",
            "parent_object_id",
            "parent_column_id",
            "referenced_object_id",
            "referenced_column_id",
        ]
    ),
    origin="_objects WHERE 0",
)
_EXTENDED_PROPERTIES = View(
    schema="sys",
    name="extended_properties",
    columns=(
        column("class", TINYINT, "0"),
        column("class_desc", _DESCRIPTION, "NULL"),
        column("major_id", INT, "0"),
        column("minor_id", INT, "0"),
        column("name", SYSNAME, "''"),
        column("value", nvarchar(4000), "NULL"),
    ),
    origin="_objects WHERE 0",
)
_LISTED_PROPERTIES = View(
    schema="sys",
    name="fn_listextendedproperty",
    columns=(
        column("objtype", SYSNAME, "NULL"),
        column("objname", SYSNAME, "NULL"),
        column("name", SYSNAME, "''"),
        column("value", nvarchar(4000), "NULL"),
    ),
    origin="_objects WHERE 0",
)
_CHANGE_TRACKING_TABLES = View(
    schema="sys",
    name="change_tracking_tables",
    columns=(
        column("object_id", INT, "table_id", nullable=False),
        column("is_track_columns_updated_on", BIT, "columns_updated"),
        column("min_valid_version", BIGINT, "min_valid"),
        column("begin_version", BIGINT),
        column("cleanup_version", BIGINT),
    ),
    origin=seen("_tracking"),
)
_INTERNAL_TABLES = View(
    schema="sys",
    name="internal_tables",
    columns=(
        column("name", SYSNAME, "'change_tracking_' || table_id", nullable=False),
        column("object_id", INT, "side_table_id", nullable=False),
        column("principal_id", INT, "NULL"),
        column("schema_id", INT, "4", nullable=False),
        column("parent_object_id", INT, "table_id", nullable=False),
        column("type", _TYPE, "'IT'"),
        column("type_desc", _DESCRIPTION, "'INTERNAL_TABLE'"),
        column("is_ms_shipped", BIT, "1", nullable=False),
        column("internal_type", TINYINT, "209"),
        column("internal_type_desc", _DESCRIPTION, "'CHANGE_TRACKING'"),
        column("parent_id", INT, "table_id", nullable=False),
        column("parent_minor_id", INT, "0", nullable=False),
    ),
    # Microsoft, "Internal tables": only who has CONTROL of the database sees them.
    origin="_tracking WHERE tsql_controls()",
)
_SQL_MODULES = View(
    schema="sys",
    name="sql_modules",
    columns=(column("object_id", INT), column("definition", _TEXT, "NULL")),
    origin="_objects WHERE 0",
)

VIEWS = by_name(
    _OBJECTS,
    _ALL_OBJECTS,
    _TABLES,
    _VIEWS,
    _COLUMNS,
    _IDENTITY_COLUMNS,
    _COMPUTED_COLUMNS,
    _DEFAULT_CONSTRAINTS,
    _CHECK_CONSTRAINTS,
    _KEY_CONSTRAINTS,
    _INDEXES,
    _INDEX_COLUMNS,
    _FOREIGN_KEYS,
    _FOREIGN_KEY_COLUMNS,
    _EXTENDED_PROPERTIES,
    _LISTED_PROPERTIES,
    _CHANGE_TRACKING_TABLES,
    _INTERNAL_TABLES,
    _SQL_MODULES,
)
"""By `schema.name` in lower case."""
