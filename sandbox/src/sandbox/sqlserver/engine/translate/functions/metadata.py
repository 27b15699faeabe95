"""Functions about the server, its databases and its objects."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.coerce import literal
from sandbox.sqlserver.engine.translate.functions.signature import (
    Function,
    as_type,
    check_count,
    fact,
    no_arguments,
    of_word,
)
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.translate.views.sys_objects import IS_COMPUTED
from sandbox.sqlserver.engine.values.types import INT, SMALLINT, SYSNAME, nvarchar

PRODUCT_VERSION = "16.0.4135.4"
"""SQL Server 2022, as the server calls itself."""
_SERVER_PROPERTIES: dict[str, tuple[object, SqlType]] = {
    "productversion": (PRODUCT_VERSION, SYSNAME),
    "productlevel": ("RTM", SYSNAME),
    "edition": ("Developer Edition (64-bit)", SYSNAME),
    "engineedition": (3, INT),
    "collation": ("SQL_Latin1_General_CP1_CI_AS", SYSNAME),
    "servername": ("sandbox", SYSNAME),
    "machinename": ("sandbox", SYSNAME),
    "instancename": (None, SYSNAME),
    "isclustered": (0, INT),
    "ishadrenabled": (0, INT),
}
_SEEN = "tsql_sees(iif(parent_id = 0, object_id, parent_id))"
"""That the user may know of an object."""
SCOPE_IDENTITY = SqlType(name="decimal", precision=38, scale=0)
"""The type of SCOPE_IDENTITY() and @@IDENTITY."""


def _object_id(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) != 2:
        check_count("object_id", arguments, 1)
    name = as_type(translator, arguments[0], scope, nvarchar(4000))
    kind = as_type(translator, arguments[1], scope, nvarchar(10)).sql if arguments[1:] else "NULL"
    database = literal(translator.context.catalog.database, SYSNAME).sql
    sql = (
        f"(SELECT object_id FROM _objects WHERE name = tsql_name_part({name.sql}, 1, {database}) "
        f"AND schema_name = tsql_name_part({name.sql}, 2, {database}) AND ({kind} IS NULL OR type = {kind}) "
        f"AND {_SEEN})"
    )
    return Value(sql=sql, type=INT)


def _object_name(column: str) -> Function:
    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(f"object_{column}", arguments, 1)
        number = as_type(translator, arguments[0], scope, INT)
        sql = f"(SELECT {column} FROM _objects WHERE object_id = {number.sql} AND {_SEEN})"
        return Value(sql=sql, type=SYSNAME)

    return translate


def _property(
    translator: Translator, node: exp.Expression, scope: Scope, function: str, answers: dict[str, str]
) -> str:
    """The answer for the property that an argument names, which may be a parameter. Unknown ones are refused."""
    wanted = as_type(translator, node, scope, SYSNAME).sql
    arms = " ".join(f"WHEN '{name}' THEN {sql}" for name, sql in answers.items())
    return f"(CASE {wanted} COLLATE TSQL {arms} ELSE tsql_unknown_property('{function}', {wanted}) END)"


def _columnproperty(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("columnproperty", arguments, 3)
    table = as_type(translator, arguments[0], scope, INT)
    column = as_type(translator, arguments[1], scope, SYSNAME)
    properties = {
        "columnid": "c.column_id",
        "isidentity": "(seed IS NOT NULL)",
        "allowsnull": "nullable",
        "iscomputed": IS_COMPUTED,
    }
    chosen = _property(translator, arguments[2], scope, "COLUMNPROPERTY", properties)
    sql = (
        f"(SELECT {chosen} FROM _columns AS c WHERE table_id = {table.sql} AND name = {column.sql} "
        "AND tsql_sees(table_id))"
    )
    return Value(sql=sql, type=INT)


def _col_name(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("col_name", arguments, 2)
    table, column = (as_type(translator, argument, scope, INT) for argument in arguments)
    found = f"table_id = {table.sql} AND column_id = {column.sql} AND tsql_sees(table_id)"
    sql = f"(SELECT name FROM _columns WHERE {found})"
    return Value(sql=sql, type=SYSNAME)


def _schema_name(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if not arguments:
        return literal("dbo", SYSNAME)
    number = as_type(translator, arguments[0], scope, INT)
    return Value(sql=f"(SELECT name FROM _schemas WHERE schema_id = {number.sql})", type=SYSNAME)


def _schema_id(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if not arguments:
        return literal(1, INT)
    name = as_type(translator, arguments[0], scope, SYSNAME)
    return Value(sql=f"(SELECT schema_id FROM _schemas WHERE name = {name.sql})", type=INT)


def _db_name(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if not arguments:
        return Value(sql=literal(translator.context.catalog.database, SYSNAME).sql, type=SYSNAME)
    number = as_type(translator, arguments[0], scope, INT)
    arms = [f"WHEN {key} THEN {literal(name, SYSNAME).sql}" for name, key in translator.context.databases.items()]
    return Value(sql=f"(CASE {number.sql} {' '.join(arms)} END)", type=SYSNAME)


def _db_id(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    databases = translator.context.databases
    if not arguments:
        return literal(databases[translator.context.catalog.database], SMALLINT)
    name = as_type(translator, arguments[0], scope, SYSNAME)
    arms = " ".join(f"WHEN {literal(key, SYSNAME).sql} THEN {number}" for key, number in databases.items())
    return Value(sql=f"(CASE {name.sql} COLLATE TSQL {arms} END)", type=SMALLINT)


def _databasepropertyex(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("databasepropertyex", arguments, 2)
    name = as_type(translator, arguments[0], scope, SYSNAME)
    here = literal(translator.context.catalog.database, SYSNAME).sql
    answers = {
        "updateability": "'READ_WRITE'",
        "status": "'ONLINE'",
        "collation": "'SQL_Latin1_General_CP1_CI_AS'",
        "ischangetrackingenabled": "(SELECT value FROM _meta WHERE key = 'tracking')",
    }
    sql = _property(translator, arguments[1], scope, "DATABASEPROPERTYEX", answers)
    # The type is sql_variant in SQL Server: text for all but the switches, which only a literal name gives away.
    asked = arguments[1]
    is_switch = isinstance(asked, (exp.Literal, exp.National)) and str(asked.this).lower().startswith("is")
    # Another database's properties are not asked for by anything; NULL there is what an unknown name gives.
    answer = f"(CASE {name.sql} COLLATE TSQL WHEN {here} THEN {sql} END)"
    return Value(sql=answer, type=INT if is_switch else SYSNAME)


def _serverproperty(wanted: str) -> Value:
    if wanted.lower() not in _SERVER_PROPERTIES:
        raise unsupported(f"SERVERPROPERTY('{wanted}')")
    stored, sql_type = _SERVER_PROPERTIES[wanted.lower()]
    return literal(stored, sql_type)


def _type_name(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("type_name", arguments, 1)
    number = as_type(translator, arguments[0], scope, INT)
    return Value(sql=f"tsql_type_name({number.sql})", type=SYSNAME)


def _ident_current(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("ident_current", arguments, 1)
    found = _object_id(translator, arguments, scope).sql
    return Value(sql=f"(SELECT last FROM _identity WHERE table_id = {found})", type=SCOPE_IDENTITY)


def _caught(name: str, sql_type: SqlType) -> Function:
    """ERROR_NUMBER and its kin: NULL outside of a CATCH."""
    return fact(no_arguments(name), f"${name}", sql_type)


FUNCTIONS: dict[str, Function] = {
    "ERROR_NUMBER": _caught("error_number", INT),
    "ERROR_MESSAGE": _caught("error_message", nvarchar(4000)),
    "ERROR_SEVERITY": _caught("error_severity", INT),
    "ERROR_STATE": _caught("error_state", INT),
    "OBJECT_ID": _object_id,
    "OBJECT_NAME": _object_name("name"),
    "OBJECT_SCHEMA_NAME": _object_name("schema_name"),
    "COLUMNPROPERTY": _columnproperty,
    "COL_NAME": _col_name,
    "SCHEMA_NAME": _schema_name,
    "SCHEMA_ID": _schema_id,
    "DB_NAME": _db_name,
    "DB_ID": _db_id,
    "DATABASEPROPERTYEX": _databasepropertyex,
    "SERVERPROPERTY": of_word("serverproperty", _serverproperty),
    "TYPE_NAME": _type_name,
    "SCOPE_IDENTITY": fact(no_arguments("scope_identity"), "$identity", SCOPE_IDENTITY),
    "IDENT_CURRENT": _ident_current,
    "XACT_STATE": fact(no_arguments("xact_state"), "$xact_state", SMALLINT, nullable=False),
}
