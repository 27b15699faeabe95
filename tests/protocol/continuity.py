"""Why a window is a baseline, from which one its ids descend, and whose definition holds."""

from __future__ import annotations

from dataclasses import dataclass

from tests.protocol.context import CycleContext, Refused
from tests.protocol.database import Snapshot
from tests.protocol.mongo import Baseline
from tests.protocol.rules import Guard


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a window is to be."""

    begins_baseline: bool
    """From the lowest key, whatever of an earlier one was done."""
    baseline: Baseline | None
    """The one that goes on; None: there is none, or it begins."""
    number: int
    base: int


def stop_if_superseded(context: CycleContext) -> None:
    """A definition that another has taken the place of comes back only by adoption."""
    checkpoint = context.checkpoint
    if context.definition not in checkpoint.superseded or not context.world.rules.have(Guard.SUPERSEDED):
        return
    if not context.adopts:
        raise Refused
    checkpoint.superseded -= {context.definition}
    context.world.adoptions += 1


def plan(context: CycleContext, snapshot: Snapshot, since: int | None, next_version: int) -> Plan:
    """Whether all pending rows are read, or the changes; and the base of the ids."""
    reason = _why_baseline(context, snapshot, since, next_version)
    number = _number(context, snapshot)
    if reason is None or (reason == "retention" and context.world.rules.have(Guard.SAME_BASE)):
        # What was dispatched is the same as before: rows whose versions are known keep their ids.
        base = context.checkpoint.base
    else:
        base = number
    goes_on = reason is None or not context.world.rules.have(Guard.RESTART)
    baseline = context.checkpoint.baseline if goes_on else None
    begins = reason is not None and baseline is None
    return Plan(begins_baseline=begins, baseline=baseline, number=number, base=base)


def _number(context: CycleContext, snapshot: Snapshot) -> int:
    """One that no window has: the fence remembers those of a Mongo that went back in time."""
    fence, known = snapshot.fence, context.checkpoint.window_number or 0
    if fence is not None and fence.resume is not None and context.world.rules.have(Guard.NUMBER):
        known = max(known, fence.resume.number)
    return known + 1


def _why_baseline(context: CycleContext, snapshot: Snapshot, since: int | None, next_version: int) -> str | None:
    rules, checkpoint = context.world.rules, context.checkpoint
    if since is None:
        return "new"
    if rules.have(Guard.STRETCH) and snapshot.stretch != checkpoint.stretch:
        return "stretch"
    if rules.have(Guard.DEFINITION) and context.definition != checkpoint.definition:
        return "definition"
    if rules.have(Guard.STRETCH) and since > next_version:
        return "back"
    if rules.have(Guard.MIN_VALID) and since < snapshot.min_valid:
        return "retention"
    return None
