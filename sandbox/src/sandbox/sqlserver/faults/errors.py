"""The errors that a fault can raise, by number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import errors

_TABLE = re.compile(r"\b(?:UPDATE|INTO|FROM|MERGE|CHANGES)\s+(?!CHANGETABLE)([^\s(),;]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Where an error happens: what its text names."""

    spid: int
    database: str
    statement: str

    @property
    def table(self) -> str:
        """The first table that the statement names; empty when it names none."""
        found = _TABLE.search(self.statement)
        return found[1] if found else ""


ERRORS: dict[int, Callable[[Scene], SqlError]] = {
    1205: lambda scene: errors.deadlock_victim(scene.spid),
    1222: lambda _: errors.lock_timeout(),
    3951: lambda scene: errors.not_started_in_snapshot(scene.database),
    3952: lambda scene: errors.snapshot_not_allowed(scene.database),
    3960: lambda scene: errors.update_conflict(scene.database, scene.table),
    3961: lambda scene: errors.changed_since_snapshot(scene.database),
}
"""Those that come by themselves on a busy server and depend on nothing but the scene."""
