"""INFORMATION_SCHEMA, as far as tables, columns and keys go."""

from __future__ import annotations

from sandbox.sqlserver.collations import DEFAULT
from sandbox.sqlserver.engine.translate.coerce import literal
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.views.view import View, ViewColumn, by_name, column, seen_objects
from sandbox.sqlserver.engine.values.types import INT, SMALLINT, SYSNAME, TINYINT, nvarchar, varchar

_COLLATION = f"ifnull(c.collation, '{DEFAULT.name}')"


def _view(name: str, columns: tuple[ViewColumn, ...], tables: str) -> View:
    def origin(context: Context) -> str:
        database = literal(context.catalog.database, SYSNAME).sql
        return f"(SELECT {database} AS catalog) AS d, {tables}"

    return View(schema="INFORMATION_SCHEMA", name=name, columns=columns, origin=origin)


def _described(what: str) -> str:
    return f"tsql_describe_column('{what}', c.type_name, c.length, c.precision, c.scale)"


_NUMERIC = "c.type_name IN ('tinyint','smallint','int','bigint','decimal','money','smallmoney','float','real')"
_EXACT = "c.type_name IN ('tinyint','smallint','int','bigint','decimal','money','smallmoney')"
_TEXT = "c.type_name IN ('char','varchar','nchar','nvarchar')"
_MOMENT = "c.type_name IN ('datetime','datetime2','smalldatetime','date','time')"

_TABLES = _view(
    "TABLES",
    (
        column("TABLE_CATALOG", SYSNAME, "d.catalog"),
        column("TABLE_SCHEMA", SYSNAME, "o.schema_name"),
        column("TABLE_NAME", SYSNAME, "o.name", nullable=False),
        column("TABLE_TYPE", varchar(10), "'BASE TABLE'"),
    ),
    f"{seen_objects()} AS o WHERE o.type = 'U'",
)
_SCHEMATA = _view(
    "SCHEMATA",
    (
        column("CATALOG_NAME", SYSNAME, "d.catalog"),
        column("SCHEMA_NAME", SYSNAME, "s.name", nullable=False),
        column("SCHEMA_OWNER", SYSNAME, "s.name"),
    ),
    "_schemas AS s",
)
_VIEWS = _view(
    "VIEWS",
    (
        column("TABLE_CATALOG", SYSNAME, "d.catalog"),
        column("TABLE_SCHEMA", SYSNAME, "o.schema_name"),
        column("TABLE_NAME", SYSNAME, "o.name", nullable=False),
    ),
    "_objects AS o WHERE 0",
)
_COLUMNS = _view(
    "COLUMNS",
    (
        column("TABLE_CATALOG", SYSNAME, "d.catalog"),
        column("TABLE_SCHEMA", SYSNAME, "o.schema_name"),
        column("TABLE_NAME", SYSNAME, "o.name", nullable=False),
        column("COLUMN_NAME", SYSNAME, "c.name"),
        column("ORDINAL_POSITION", INT, "c.column_id"),
        column("COLUMN_DEFAULT", nvarchar(4000), "('(' || f.text || ')')"),
        column("IS_NULLABLE", varchar(3), "(CASE c.nullable WHEN 1 THEN 'YES' ELSE 'NO' END)"),
        column("DATA_TYPE", SYSNAME, "(CASE c.type_name WHEN 'rowversion' THEN 'timestamp' ELSE c.type_name END)"),
        column("CHARACTER_MAXIMUM_LENGTH", INT, "c.length"),
        column("CHARACTER_OCTET_LENGTH", INT, f"(CASE WHEN c.length IS NOT NULL THEN {_described('max_length')} END)"),
        column("NUMERIC_PRECISION", TINYINT, f"(CASE WHEN {_NUMERIC} THEN {_described('precision')} END)"),
        column("NUMERIC_PRECISION_RADIX", SMALLINT, f"(CASE WHEN {_EXACT} THEN 10 WHEN {_NUMERIC} THEN 2 END)"),
        column("NUMERIC_SCALE", INT, f"(CASE WHEN {_EXACT} THEN {_described('scale')} END)"),
        column("DATETIME_PRECISION", SMALLINT, f"(CASE WHEN {_MOMENT} THEN {_described('scale')} END)"),
        column(
            "CHARACTER_SET_NAME",
            SYSNAME,
            f"(CASE WHEN {_TEXT} THEN iif(c.type_name LIKE 'n%', 'UNICODE', 'iso_1') END)",
        ),
        column("COLLATION_NAME", SYSNAME, f"(CASE WHEN {_TEXT} THEN {_COLLATION} END)"),
    ),
    f"{seen_objects()} AS o JOIN _columns AS c ON c.table_id = o.object_id "
    "LEFT JOIN _defaults AS f ON f.table_id = c.table_id AND f.column_id = c.column_id",
)
_KEY_COLUMN_USAGE = _view(
    "KEY_COLUMN_USAGE",
    (
        column("CONSTRAINT_CATALOG", SYSNAME, "d.catalog"),
        column("CONSTRAINT_SCHEMA", SYSNAME, "o.schema_name"),
        column("CONSTRAINT_NAME", SYSNAME, "i.name", nullable=False),
        column("TABLE_CATALOG", SYSNAME, "d.catalog"),
        column("TABLE_SCHEMA", SYSNAME, "o.schema_name"),
        column("TABLE_NAME", SYSNAME, "o.name", nullable=False),
        column("COLUMN_NAME", SYSNAME, "c.name"),
        column("ORDINAL_POSITION", INT, "x.ordinal"),
    ),
    f"{seen_objects()} AS o JOIN _indexes AS i ON i.table_id = o.object_id AND i.kind IN ('PK', 'UQ') "
    "JOIN _index_columns AS x ON x.table_id = i.table_id AND x.index_id = i.index_id "
    "JOIN _columns AS c ON c.table_id = x.table_id AND c.column_id = x.column_id",
)
_TABLE_CONSTRAINTS = _view(
    "TABLE_CONSTRAINTS",
    (
        column("CONSTRAINT_CATALOG", SYSNAME, "d.catalog"),
        column("CONSTRAINT_SCHEMA", SYSNAME, "o.schema_name"),
        column("CONSTRAINT_NAME", SYSNAME, "k.name", nullable=False),
        column("TABLE_CATALOG", SYSNAME, "d.catalog"),
        column("TABLE_SCHEMA", SYSNAME, "o.schema_name"),
        column("TABLE_NAME", SYSNAME, "o.name", nullable=False),
        column(
            "CONSTRAINT_TYPE",
            varchar(11),
            "(CASE k.type WHEN 'PK' THEN 'PRIMARY KEY' WHEN 'UQ' THEN 'UNIQUE' ELSE 'CHECK' END)",
        ),
    ),
    f"{seen_objects()} AS k JOIN _objects AS o ON o.object_id = k.parent_id WHERE k.type IN ('PK', 'UQ', 'C')",
)
_REFERENTIAL_CONSTRAINTS = _view(
    "REFERENTIAL_CONSTRAINTS",
    tuple(
        column(name, SYSNAME, "NULL")
        for name in [
            "CONSTRAINT_CATALOG",
            "CONSTRAINT_SCHEMA",
            "CONSTRAINT_NAME",
            "UNIQUE_CONSTRAINT_CATALOG",
            "UNIQUE_CONSTRAINT_SCHEMA",
            "UNIQUE_CONSTRAINT_NAME",
            "MATCH_OPTION",
            "UPDATE_RULE",
            "DELETE_RULE",
        ]
    ),
    "_objects AS o WHERE 0",
)

VIEWS = by_name(_SCHEMATA, _TABLES, _VIEWS, _COLUMNS, _KEY_COLUMN_USAGE, _TABLE_CONSTRAINTS, _REFERENTIAL_CONSTRAINTS)
"""By `schema.name` in lower case."""
