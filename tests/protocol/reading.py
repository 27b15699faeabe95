"""What one attempt at a window has read."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tests.protocol.database import Snapshot
from tests.protocol.rules import Fault
from tests.protocol.work import Stop, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A snapshot, and the watermark it is read from; `session` is the connection, kept until the mark is written."""

    since: int | None
    next_version: int
    session: int
    snapshot: Snapshot
    decided_at: int
    """When the version was asked for."""


def read(work: Work) -> Generator[None, None, Reading]:
    """Ask for the version, then open the snapshot. Raises Stop when the connection is cut."""
    database = work.world.database
    since, next_version, session = work.checkpoint.version, database.version, database.session
    decided_at = work.world.tick()
    if work.world.rules.allow(Fault.LIVE) and work.chance(0.5):
        yield
    snapshot = database.snapshot()
    yield
    if database.session != session:
        raise Stop
    return Reading(since=since, next_version=next_version, session=session, snapshot=snapshot, decided_at=decided_at)
