"""The upgrade and the downgrade, step by step. Every step asks SQL Server first, so that it can be repeated."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import ExecutableDDLElement

from common.database import change_tracking_ddl as ddl
from common.database.names import full_name
from common.database.records import TrackedTable
from relay.tracking import checks, conditions, memory
from relay.tracking.conditions import Condition, If

RETENTION_DAYS = 7

_log = logging.getLogger("relay.tracking")


@dataclass(frozen=True, kw_only=True)
class Switch:
    """Something in SQL Server that is on or off, and where the upgrade remembers that it switched it on."""

    what: str
    key: str
    word: str
    is_on: Condition
    on: ExecutableDDLElement
    off: ExecutableDDLElement
    may_go: Condition | None = None
    """What must be true besides before it is switched off."""

    def switch_on(self) -> Iterator[ExecutableDDLElement]:
        """Remember, then switch on, unless it is on."""
        yield memory.remember(self.word, self.key, unless=self.is_on)
        yield If(~self.is_on, self.on)

    def has_to_go(self) -> Condition:
        """The upgrade switched it on, it is on still, and nobody else needs it."""
        ours = self.is_on & memory.remembers(self.word, self.key)
        return ours & self.may_go if self.may_go else ours

    def switch_off(self) -> ExecutableDDLElement:
        """Switch it off, if it has to go."""
        return If(self.has_to_go(), self.off)


SNAPSHOT_ISOLATION = Switch(
    what="snapshot isolation for the database",
    key=memory.DATABASE,
    word=memory.SNAPSHOT,
    is_on=conditions.snapshot_isolation_is_allowed(),
    on=ddl.AllowSnapshotIsolation(on=True),
    off=ddl.AllowSnapshotIsolation(on=False),
)
DATABASE_TRACKING = Switch(
    what="change tracking for the database",
    key=memory.DATABASE,
    word=memory.TRACKING,
    is_on=conditions.database_is_tracked(),
    on=ddl.EnableDatabaseTracking(retention_days=RETENTION_DAYS, auto_cleanup=True),
    off=ddl.DisableDatabaseTracking(),
    # Another team may have begun to track tables of its own since.
    may_go=~conditions.some_table_is_tracked(),
)


def table_tracking(schema: str, table: str) -> Switch:
    """Change tracking for a table, with its columns."""
    return Switch(
        what=f"change tracking for {full_name(schema, table)}",
        key=memory.key_of(schema, table),
        word=memory.TRACKING,
        is_on=conditions.table_is_tracked(schema, table),
        on=ddl.EnableTableTracking(schema, table, track_columns=True),
        off=ddl.DisableTableTracking(schema, table),
    )


def upgrade(tables: Sequence[TrackedTable]) -> None:
    """Check everything, then switch on what is off.

    Raises NotReadyError, with everything that is wrong, before anything was changed.
    """
    _check(checks.before_upgrade(tables))
    names = dict.fromkeys((table.schema, table.table) for table in tables)
    switches = [SNAPSHOT_ISOLATION, DATABASE_TRACKING, *(table_tracking(*name) for name in names)]
    with op.get_context().autocommit_block():
        _run(memory.create(list(dict.fromkeys(switch.key for switch in switches))))
        for switch in switches:
            _say(f"{switch.what}: on")
            _run(switch.switch_on())
            _stop_script_if(~switch.is_on)


def downgrade(tables: Sequence[TrackedTable]) -> None:
    """Switch off what the upgrade switched on, and drop dbo.relay_fence.

    Raises NotReadyError when that table, the upgrade's memory, is gone.
    """
    _check(checks.before_downgrade())
    switches = [table_tracking(*name) for name in _tables_to_release(tables)]
    with op.get_context().autocommit_block():
        for switch in [*switches, DATABASE_TRACKING, SNAPSHOT_ISOLATION]:
            _say(f"{switch.what}: off, if the upgrade switched it on and nobody else needs it")
            _run([switch.switch_off()])
            _stop_script_if(switch.has_to_go())
        _run([memory.drop()])


def _tables_to_release(tables: Sequence[TrackedTable]) -> Iterable[tuple[str, str]]:
    """Those that are tracked, for the sources may have changed since the upgrade; in a script those of the sources."""
    if op.get_context().as_sql:
        return dict.fromkeys((table.schema, table.table) for table in tables)
    return [(row.schema_name, row.table_name) for row in op.get_bind().execute(conditions.tracked_tables())]


def _check(problems: Sequence[checks.Problem]) -> None:
    if not op.get_context().as_sql:
        checks.refuse(op.get_bind(), problems)
        return
    _say("Checks. After an error nothing below is executed, until SET NOEXEC OFF.")
    _run(checks.guards(problems))


def _run(statements: Iterable[sa.Executable]) -> None:
    for statement in statements:
        op.execute(statement)


def _stop_script_if(failed: Condition) -> None:
    """A script goes on after an error; it must not come to where it says that the migration is done."""
    if op.get_context().as_sql:
        op.execute(If(failed, sa.text("SET NOEXEC ON")))


def _say(what: str) -> None:
    """Into the log; offline, into the script."""
    if op.get_context().as_sql:
        op.get_context().impl.static_output(f"-- {what}")
    else:
        _log.info("%s", what)
