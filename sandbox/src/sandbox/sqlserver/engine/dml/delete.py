"""DELETE."""

from __future__ import annotations

from sandbox.sqlserver.engine.dml.build import check_parts, context_bind, returning, row_limit
from sandbox.sqlserver.engine.dml.plan import ChangePlan
from sandbox.sqlserver.engine.dml.target import find_target
from sandbox.sqlserver.engine.parser.statements import Change
from sandbox.sqlserver.engine.translate.plan import used_binds
from sandbox.sqlserver.engine.translate.translator import Translator

_KNOWN = frozenset({"this", "from_", "where", "returning"})


def plan_delete(translator: Translator, change: Change) -> ChangePlan:
    """The plan of a DELETE."""
    check_parts(change.tree, _KNOWN)
    target = find_target(translator, change.tree, "DELETE")
    table, alias = target.table, target.alias
    limit = row_limit(translator, change.top)
    if target.alone and not limit:
        sql = f"DELETE FROM {table.physical} AS {alias}{target.where_sql}"
    else:
        rows = f"SELECT {alias}._rowid_{target.from_sql}{target.where_sql}{limit}"
        sql = f"DELETE FROM {table.physical} WHERE _rowid_ IN ({rows})"
    returning_sql, result = returning(translator, change.tree, table, ("deleted",))
    sql += returning_sql
    context = context_bind(translator, change.context)
    return ChangePlan(
        verb="DELETE",
        table=table,
        sql=sql,
        binds=used_binds(sql, translator.context.binds),
        columns=result,
        context=context,
        readings=tuple(translator.context.readings),
        needs=tuple(translator.context.needs),
    )
