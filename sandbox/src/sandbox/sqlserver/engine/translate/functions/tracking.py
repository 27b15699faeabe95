"""CHANGE_TRACKING_CURRENT_VERSION and its kin."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.translate.functions.signature import Function, check_count, fixed
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import BIGINT, BIT, family, varbinary

_ENABLED = "(SELECT value FROM _meta WHERE key = 'tracking')"
_CURRENT_VERSION = Value(
    sql=f"(CASE {_ENABLED} WHEN 1 THEN (SELECT value FROM _meta WHERE key = 'version') END)", type=BIGINT
)


def _min_valid_version(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("change_tracking_min_valid_version", arguments, 1)
    table = _integer(translator, arguments[0], scope, "change_tracking_min_valid_version")
    sql = f"(SELECT min_valid FROM _tracking WHERE table_id = {table.sql} AND {_ENABLED} = 1 AND tsql_tracks(table_id))"
    return Value(sql=sql, type=BIGINT)


def _is_column_in_mask(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("change_tracking_is_column_in_mask", arguments, 2)
    column = _integer(translator, arguments[0], scope, "change_tracking_is_column_in_mask")
    mask = translator.coerce(translator.value(arguments[1], scope), varbinary(4100))
    return Value(sql=f"tsql_in_mask({column.sql}, {mask.sql})", type=BIT)


def _integer(translator: Translator, node: exp.Expression, scope: Scope, name: str) -> Value:
    """The first argument. Raises 8116 for anything but an integer, a bare NULL included."""
    value = translator.value(node, scope)
    if family(value.type) != "integer":
        kind = "NULL" if value.type.name == "null" else value.type.name
        raise SqlError(8116, f"Argument data type {kind} is invalid for argument 1 of {name} function.")
    return value


FUNCTIONS: dict[str, Function] = {
    "CHANGE_TRACKING_CURRENT_VERSION": fixed("change_tracking_current_version", _CURRENT_VERSION),
    "CHANGE_TRACKING_MIN_VALID_VERSION": _min_valid_version,
    "CHANGE_TRACKING_IS_COLUMN_IN_MASK": _is_column_in_mask,
}
