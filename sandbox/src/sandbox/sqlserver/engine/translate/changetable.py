"""CHANGETABLE: folds a table's change log into its net changes, and looks up the version of single rows."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.change_tracking.fold import ROW_ID, VERSION_NOW, changes_sql, version_sql
from sandbox.sqlserver.engine.errors import syntax, unsupported
from sandbox.sqlserver.engine.translate.coerce import coerce
from sandbox.sqlserver.engine.translate.conditions import compare
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.same_row import same_row
from sandbox.sqlserver.engine.translate.scope import RowNumber, Scope, Source
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import BIGINT, family, varbinary

_OPERATION = SqlType(name="nchar", length=1)
_CONTEXT = varbinary(128)
_CHANGES = (
    ("SYS_CHANGE_VERSION", BIGINT),
    ("SYS_CHANGE_CREATION_VERSION", BIGINT),
    ("SYS_CHANGE_OPERATION", _OPERATION),
    ("SYS_CHANGE_COLUMNS", varbinary(4100)),
    ("SYS_CHANGE_CONTEXT", _CONTEXT),
)
_VERSION = (("SYS_CHANGE_VERSION", BIGINT), ("SYS_CHANGE_CONTEXT", _CONTEXT))


def changes_source(translator: Translator, call: exp.Expression, table: Table, name: str) -> tuple[str, Source]:
    """CHANGETABLE(CHANGES table, version): the SQL for FROM, and its columns. Raises 22105."""
    _require_tracking(translator, table)
    since = _since(translator, call.args["version"])
    sql = changes_sql(table, since.sql)
    alias = translator.context.alias()
    return f"({sql}) AS {alias}", _source(table, _CHANGES, alias, name)


def version_source(
    translator: Translator, call: exp.Expression, table: Table, name: str, scope: Scope
) -> tuple[str, Source]:
    """CHANGETABLE(VERSION table, (keys), (values)) with values that need no other source."""
    _require_tracking(translator, table)
    alias = translator.context.alias()
    source = _source(table, _VERSION, alias, name)
    pairs = _key_pairs(translator, call, table, source, Scope(parent=scope.parent))
    condition = _equal(translator, pairs)
    return f"(SELECT * FROM ({version_sql(table)}) AS {alias} WHERE {condition}) AS {alias}", source


def apply_version(
    translator: Translator, call: exp.Expression, table: Table, name: str, scope: Scope, *, outer: bool
) -> tuple[str, Source]:
    """The same under CROSS or OUTER APPLY, with values from the sources before it."""
    _require_tracking(translator, table)
    alias = translator.context.alias()
    source = _source(table, _VERSION, alias, name)
    pairs = _key_pairs(translator, call, table, source, scope)
    condition = _equal(translator, pairs) + same_row([source], scope.sources, pairs)
    word = "LEFT JOIN" if outer else "JOIN"
    return f" {word} ({version_sql(table)}) AS {alias} ON {condition}", source.outer_joined() if outer else source


def _require_tracking(translator: Translator, table: Table) -> None:
    translator.context.need("VIEW CHANGE TRACKING", table)
    translator.context.need("SELECT", table)
    if table.tracking is None or not translator.context.catalog.settings.tracking:
        raise SqlError(22105, f"Change tracking is not enabled on table '{table.name}'.")


def _since(translator: Translator, node: exp.Expression) -> Value:
    """The version argument: a literal, NULL or a variable. Raises 102 for any other expression."""
    inner = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(inner, (exp.Literal, exp.Null, exp.Parameter)):
        raise syntax(node.sql(dialect="tsql"))
    value = translator.value(node, Scope())
    if family(value.type) in ("moment", "date", "time"):
        text = f"Implicit conversion from data type {value.type.name} to bigint is not allowed."
        raise SqlError(257, f"{text} Use the CONVERT function to run this query.", state=3)
    version = coerce(translator.context, value, BIGINT)
    if version.constant is not None and version.constant[0] < 0:
        raise unsupported("CHANGETABLE(CHANGES ...) with a negative version")
    if version.constant is None and version.bind is None and version.sql != "NULL":
        return Value(sql=f"tsql_version({version.sql})", type=BIGINT)
    return Value(sql=f"tsql_version({version.sql})", type=BIGINT) if version.bind else version


def _source(table: Table, fixed: tuple[tuple[str, SqlType], ...], alias: str, name: str) -> Source:
    columns = [Value(sql=f"{alias}.{title}", type=kind, name=title) for title, kind in fixed]
    for column in table.key_columns:
        columns.append(Value(sql=f"{alias}.{quote(column.name)}", type=column.type, name=column.name, nullable=False))
    return Source(name=name, columns=tuple(columns), row=RowNumber(table=table, sql=f"{alias}.{ROW_ID}"))


def _key_pairs(
    translator: Translator, call: exp.Expression, table: Table, source: Source, scope: Scope
) -> list[tuple[Value, Value]]:
    """Each key column with the value that it is asked for."""
    names = [key.name for key in call.args["keys"]]
    _check_keys(table, names)
    values = call.args["values"]
    if len(values) != len(names):
        text = "The arguments supplied are not valid for the VERSION option of the CHANGETABLE function."
        raise SqlError(22103, text)
    pairs = []
    for name, node in zip(names, values, strict=True):
        key = source.find(name)
        if key is None:
            raise KeyError(name)
        pairs.append((key, translator.value(node, scope)))
    return pairs


def _equal(translator: Translator, pairs: list[tuple[Value, Value]]) -> str:
    return " AND ".join(compare(translator, "=", key, value) for key, value in pairs)


def _check_keys(table: Table, names: list[str]) -> None:
    keys = {column.name.lower() for column in table.key_columns}
    seen: set[str] = set()
    for name in names:
        if name.lower() not in keys:
            text = f"The column '{name}' specified in the CHANGETABLE(VERSION ...) function is not part of the "
            raise SqlError(22111, f"{text}primary key for table '{table.name}'.")
        if name.lower() in seen:
            text = "Each primary key column must be specified once in the CHANGETABLE(VERSION ...) function. "
            raise SqlError(22112, f"{text}The column '{name}' is specified more than once.")
        seen.add(name.lower())
    if len(names) != len(keys):
        text = "The number of columns specified in the CHANGETABLE(VERSION ...) function does not match the number "
        raise SqlError(22110, f"{text}of primary key columns for table '{table.name}'.")


__all__ = ["VERSION_NOW", "apply_version", "changes_source", "version_source"]
