"""Runs queries and changes: plan, transaction, SQLite, rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlglot import exp

from sandbox.sqlserver.contract import Column, Parameter, Result, SqlError, SqlType
from sandbox.sqlserver.engine.catalog.schema import Catalog
from sandbox.sqlserver.engine.dml.plan import ChangePlan
from sandbox.sqlserver.engine.dml.run import run_change
from sandbox.sqlserver.engine.errors import (
    DUPLICATES,
    changed_since_snapshot,
    not_started_in_snapshot,
    snapshot_not_allowed,
    unsupported,
)
from sandbox.sqlserver.engine.execution.altering import altering
from sandbox.sqlserver.engine.execution.planner import Planner, Setting, assignments
from sandbox.sqlserver.engine.execution.rows import RowStream, decoded
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.execution.variables import Variables
from sandbox.sqlserver.engine.locking.hold import Hold
from sandbox.sqlserver.engine.parser.statements import Change, Query
from sandbox.sqlserver.engine.rights.needs import Need
from sandbox.sqlserver.engine.translate.plan import Bind, Plan
from sandbox.sqlserver.engine.values.convert import converted
from sandbox.sqlserver.engine.values.storage import Stored, decoder
from sandbox.sqlserver.engine.values.types import nvarchar

_PlanT = TypeVar("_PlanT", bound=Plan)


class Runner:
    """Runs the statements of one batch that touch data."""

    def __init__(self, session: SessionState, variables: Variables, planner: Planner) -> None:
        self._session = session
        self._variables = variables
        self._planner = planner

    def check_tracked(self, tables: Sequence[exp.Table]) -> None:
        """Raises 22105 before the batch begins, for branches that are not taken too: SQL Server binds them early."""
        if not tables:
            return
        catalog = self._setting_now().catalog
        for node in tables:
            table = catalog.find(node.db or "dbo", node.name)
            if table is not None and (table.tracking is None or not catalog.settings.tracking):
                raise SqlError(22105, f"Change tracking is not enabled on table '{table.name}'.")

    def query(self, statement: Query) -> Iterator[Result]:
        """SELECT: one result, whose rows are read from SQLite as they are asked for."""
        if statement.assigns:
            self._assign(statement) if _has_rows(statement.tree) else self._assign_in_order(statement)
            return
        plan = self._read(lambda setting: self._planner.query(statement, setting))
        if plan.locks:
            plan = self._locked(statement)
        rows = self._rows(plan)
        try:
            yield Result(columns=plan.columns, rows=rows)
        finally:
            # The client may have stopped reading: what is left is let go before the next statement.
            rows.close()

    def columns(self, statement: Query) -> Sequence[Column]:
        """The columns that a SELECT would give, for those who may run it."""
        setting = self._setting_now()
        plan = self._planner.query(statement, setting)
        self._admit(setting.catalog, plan.needs)
        return plan.columns

    def change(self, statement: Change, *, into_new: bool = False) -> Iterator[Result]:
        """INSERT, UPDATE or DELETE: a count, and rows when it has OUTPUT.

        `into_new`: it fills a table that the same statement has made, so nobody can have been given a right on that.
        """
        session = self._session
        plan, count, rows = self._change(statement, into_new=into_new)
        self._save_identity(plan, count)
        session.transactions.end_statement()
        session.facts.rowcount = count
        shown = None if session.facts.nocount else count
        if plan.columns:
            decoders = [decoder(column.type) for column in plan.columns]
            yield Result(columns=plan.columns, rows=decoded(rows, decoders), rowcount=shown)
        elif shown is not None:
            yield Result(rowcount=shown)

    def _change(self, statement: Change, *, into_new: bool) -> tuple[ChangePlan, int, list[Any]]:
        """The change, done; again and again while others have locked what it wants to change or has to read."""
        session = self._session
        target = statement.tree.find(exp.Table)
        name = f"{target.db or 'dbo'}.{target.name}" if target is not None else ""
        while True:
            holds = session.transactions.start_writing(name)
            setting = self._setting(holds)
            plan = self._planner.change(statement, setting, session.facts.identity_insert)
            self._admit(setting.catalog, [need for need in plan.needs if not (into_new and need.table == plan.table)])
            session.transactions.look_at(plan.readings, holds)
            context = self._argument(plan.context) if plan.context is not None else None
            self._prepare_identity(plan)
            try:
                count, rows = run_change(session.connection, plan, self._arguments(plan.binds), context)
                blocker = session.transactions.find_blocker(plan.table)
            except SqlError as error:
                if error.number not in DUPLICATES:
                    raise
                blocker = session.transactions.find_blocker(plan.table, meets_any=not plan.probe)
                if blocker is None:
                    raise
            if blocker is None:
                return plan, count, rows
            session.transactions.wait_for(blocker)

    def condition(self, node: exp.Expression) -> bool:
        """Whether an IF's condition is true; unknown is not."""
        return bool(self._one(lambda setting: self._planner.condition(node, setting)))

    def scalar(self, node: exp.Expression, target: SqlType | None = None) -> Stored:
        """A lone expression in stored form, converted to `target` if that is given."""
        return self._one(lambda setting: self._planner.expression(node, setting, target))

    def text(self, node: exp.Expression) -> str:
        """A lone expression as text, for PRINT."""
        return str(self.scalar(node, nvarchar(4000)) or "")

    def parameter(self, node: exp.Expression) -> Parameter:
        """A lone expression as an argument of a procedure."""
        setting = self._setting_now()
        plan = self._planner.expression(node, setting)
        stored = self.scalar(node)
        sql_type = plan.columns[0].type
        decode = decoder(sql_type)
        return Parameter(type=sql_type, value=stored if stored is None or decode is None else decode(stored))

    def _setting(self, holds: Sequence[Hold] = ()) -> Setting:
        session = self._session
        catalog = session.current.catalog(session.connection)
        if not holds:
            return Setting(catalog, session.instance.ids, self._variables)
        locked = frozenset(table_id for hold in holds for table_id in hold.touched.tables)
        is_dirty = session.transactions.level == "READ UNCOMMITTED"
        return Setting(catalog, session.instance.ids, self._variables, locked=locked, is_dirty=is_dirty)

    def _read(self, make: Callable[[Setting], _PlanT]) -> _PlanT:
        """The plan of a statement that may read now: nobody has locked what it wants, or it has waited for them."""
        transactions = self._session.transactions
        while True:
            transactions.start_reading()
            setting = self._setting()
            plan = make(setting)
            self._admit(setting.catalog, plan.needs)
            owner = altering(self._session, plan, self._fetch_all)
            if owner is not None:
                transactions.wait_for(owner)
                continue
            holds = transactions.look() if any(need.table is not None for need in plan.needs) else []
            if not holds:
                return plan
            plan = make(self._setting(holds))
            transactions.look_at(plan.readings, holds)
            if not plan.readings:
                return plan
            blocker = self._probe(plan)
            if blocker is None:
                return plan
            transactions.wait_for(blocker)

    def _probe(self, plan: Plan) -> Hold | None:
        """Read it all for nothing: gives whose locks it meets."""
        session = self._session
        cursor = session.connection.run(plan.sql, self._arguments(plan.binds))
        try:
            while session.transactions.blocker is None and cursor.fetchone():
                pass
        except sqlite3.Error as error:
            # What others have not committed may be what it cannot read.
            if session.transactions.blocker is None or session.is_cancelled():
                raise session.connection.explain(error) from None
        finally:
            cursor.close()
        return session.transactions.blocker

    def _setting_now(self) -> Setting:
        self._session.transactions.start_reading()
        try:
            return self._setting()
        finally:
            self._session.transactions.end_statement()

    def _one(self, make: Callable[[Setting], Plan]) -> Stored:
        rows = self._fetch_all(self._read(make))
        self._session.transactions.end_statement()
        return rows[0][0] if rows else None

    def _assign(self, statement: Query) -> None:
        """SELECT @a = ... FROM: the last row decides; without rows nothing changes."""
        assignment = self._read(lambda setting: self._planner.assignment(statement, setting))
        rows = self._fetch_all(assignment)
        self._session.transactions.end_statement()
        self._session.facts.rowcount = len(rows)
        if not rows:
            return
        if assignment.carries and (len(rows) > 1 or len(assignment.names) > 1):
            raise unsupported(
                "a SELECT that makes a variable from itself, row by row, or from another one that it sets"
            )
        for name, column, stored in zip(assignment.names, assignment.columns, rows[-1], strict=True):
            self._variables.assign(name, converted(stored, column.type, self._variables.type_of(name)))

    def _assign_in_order(self, statement: Query) -> None:
        """SELECT @a = 1, @b = @a + 1: a SET after the other."""
        for name, value in assignments(statement.tree):
            self._variables.assign(name, self.scalar(value, self._variables.type_of(name)))
        self._session.facts.rowcount = 1

    def _fetch_all(self, plan: Plan) -> list[Any]:
        return self._session.connection.read(plan.sql, self._arguments(plan.binds))

    def _rows(self, plan: Plan) -> RowStream:
        cursor = self._session.connection.run(plan.sql, self._arguments(plan.binds))
        return RowStream(self._session, cursor, plan.decoders)

    def _admit(self, catalog: Catalog, needs: Sequence[Need]) -> None:
        """Raises 229 or 262 for what the user may not do, 3951, 3952 or 3961 where a snapshot is not to be had."""
        self._session.rights(catalog).require(needs)
        self._check_snapshot(catalog, needs)

    def _check_snapshot(self, catalog: Catalog, needs: Sequence[Need]) -> None:
        transactions = self._session.transactions
        uses = any(need.table is not None for need in needs)
        if not uses or transactions.level != "SNAPSHOT" or catalog.database == "master":
            return
        if transactions.is_open and transactions.began_in != "SNAPSHOT":
            raise not_started_in_snapshot(catalog.database)
        if not catalog.settings.snapshot_allowed:
            raise snapshot_not_allowed(catalog.database)
        if any(need.table is not None and transactions.is_stale(need.table.object_id) for need in needs):
            raise changed_since_snapshot(catalog.database)

    def _locked(self, statement: Query) -> Plan:
        """The plan once more, now that nobody else can write."""
        transactions = self._session.transactions
        if not (transactions.is_open and transactions.level == "SNAPSHOT"):
            transactions.end_statement()
        transactions.start_writing(alone=True)
        return self._planner.query(statement, self._setting())

    def _arguments(self, binds: Sequence[Bind]) -> list[Stored]:
        return [self._argument(bind) for bind in binds]

    def _argument(self, bind: Bind) -> Stored:
        if bind.name.startswith("$"):
            value = self._session.facts.fact(bind.name, self._session.transactions)
        else:
            value = self._variables.values[bind.name]
        if bind.convert is None or (value is None and bind.name != "$none"):
            return value
        return bind.convert(value)

    def _prepare_identity(self, plan: ChangePlan) -> None:
        if plan.takes_identity or plan.gives_identity:
            self._session.connection.identity.load(plan.table.object_id)

    def _save_identity(self, plan: ChangePlan, count: int) -> None:
        if not count or not (plan.takes_identity or plan.gives_identity):
            return
        connection = self._session.connection
        column = plan.table.identity
        if column is None or column.identity is None:
            return
        if plan.gives_identity:
            name = column.name.replace('"', '""')
            query = f'SELECT "{name}" FROM {plan.table.physical} WHERE _rowid_ = last_insert_rowid()'
            (value,) = connection.run(query).fetchone()
            self._session.current.identity_seen(plan.table.object_id, column.identity[1], value)
            connection.identity.last = value
        connection.identity.save(plan.table.object_id, column.identity[1])
        self._session.facts.identity = connection.identity.last


def _has_rows(tree: exp.Expression) -> bool:
    """Whether a SELECT may give another number of rows than one."""
    return any(part for name, part in tree.args.items() if name not in ("expressions", "kind"))
