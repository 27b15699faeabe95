"""Who has altered a table, and not committed, that a statement reads or asks the catalog about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.locking.hold import Hold, schema_locks
from sandbox.sqlserver.engine.locking.sight import looks_up
from sandbox.sqlserver.engine.translate.plan import Plan


def altering(session: SessionState, plan: Plan, fetch: Callable[[Plan], list[Any]]) -> Hold | None:
    """The transaction that has to end before the statement can be run; None: it can be now. `fetch` runs it."""
    locks = schema_locks(session.transactions.others)
    for need in plan.needs if locks else ():
        if need.table is not None and need.table.object_id in locks:
            return locks[need.table.object_id]
    if not locks or not looks_up(plan.sql):
        return None
    sight = session.sight
    sight.asked.clear()
    answer = fetch(plan)
    for table_id in sight.asked & locks.keys():
        sight.hidden = table_id
        try:
            # What makes no difference was only met on the way, where SQL Server would look it up by an index.
            if fetch(plan) != answer:
                return locks[table_id]
        finally:
            sight.hidden = None
    return None
