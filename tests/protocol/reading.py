"""What one attempt at a window has read."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tests.protocol.context import CycleContext, Stop
from tests.protocol.database import Snapshot
from tests.protocol.rules import Fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A snapshot, and the watermark it is read from; `session` is the connection, kept until the fence is written."""

    since: int | None
    next_version: int
    session: int
    snapshot: Snapshot
    decided_at: int
    """When the version was asked for."""


def read(context: CycleContext) -> Generator[None, None, Reading]:
    """Ask for the version, then open the snapshot. Raises Stop when the connection is cut."""
    database = context.world.database
    since, next_version, session = context.checkpoint.version, database.version, database.session
    decided_at = context.world.tick()
    if context.world.rules.allow(Fault.LIVE) and context.chance(0.5):
        yield
    snapshot = database.snapshot()
    yield
    if database.session != session:
        raise Stop
    return Reading(since=since, next_version=next_version, session=session, snapshot=snapshot, decided_at=decided_at)
