"""Why a window is a baseline, from which one its ids descend, and whose definition holds."""

from __future__ import annotations

from dataclasses import dataclass

from tests.protocol.database import Snapshot
from tests.protocol.rules import Guard
from tests.protocol.work import Refused, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a window is to be."""

    is_baseline: bool
    number: int
    base: int


def stop_if_superseded(work: Work) -> None:
    """A definition that another has taken the place of comes back only by adoption."""
    checkpoint = work.checkpoint
    if work.definition not in checkpoint.superseded or not work.world.rules.have(Guard.SUPERSEDED):
        return
    if not work.adopts:
        raise Refused
    checkpoint.superseded -= {work.definition}
    work.world.adoptions += 1


def plan(work: Work, snapshot: Snapshot, since: int | None, next_version: int) -> Plan:
    """Whether all pending rows are read, or the changes; and the base of the ids."""
    reason = _why_baseline(work, snapshot, since, next_version)
    number = _number(work, snapshot)
    if reason is None or (reason == "retention" and work.world.rules.have(Guard.SAME_BASE)):
        # What was dispatched is the same as before: rows whose versions are known keep their ids.
        return Plan(is_baseline=reason is not None, number=number, base=work.checkpoint.base)
    return Plan(is_baseline=True, number=number, base=number)


def _number(work: Work, snapshot: Snapshot) -> int:
    """One that no window has: the mark remembers those of a Mongo that went back in time."""
    mark, known = snapshot.mark, work.checkpoint.number or 0
    if mark is not None and mark.resume is not None and work.world.rules.have(Guard.NUMBER):
        known = max(known, mark.resume.number)
    return known + 1


def _why_baseline(work: Work, snapshot: Snapshot, since: int | None, next_version: int) -> str | None:
    rules, checkpoint = work.world.rules, work.checkpoint
    if since is None:
        return "new"
    if rules.have(Guard.STRETCH) and snapshot.stretch != checkpoint.stretch:
        return "stretch"
    if rules.have(Guard.DEFINITION) and work.definition != checkpoint.definition:
        return "definition"
    if rules.have(Guard.STRETCH) and since > next_version:
        return "back"
    if rules.have(Guard.MIN_VALID) and since < snapshot.min_valid:
        return "retention"
    return None
