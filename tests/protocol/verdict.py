"""What must hold at the end of a history: nothing lost, and nothing twice where nothing may repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tests.protocol.context import World
from tests.protocol.database import PENDING_ROW, Key
from tests.protocol.mongo import Document
from tests.protocol.rules import MAY_REPEAT, Fault


class Verdict(StrEnum):
    """What went wrong."""

    LOST = "LOST"
    TWICE = "TWICE"
    STUCK = "STUCK"
    UNWANTED = "UNWANTED"
    """Sent although it was there before a first run that begins now."""
    BASES = "BASES"
    """More baselines gave new ids than there were reasons for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that went wrong in the history of this seed."""

    verdict: Verdict
    seed: int
    key: Key | None = None
    sent: Sequence[Document] = ()
    """What was sent of the row."""


def judge(world: World, done: Sequence[Document], *, seed: int) -> Finding | None:
    """Look at the queue. `done`: what workers took from it; a Redis that loses its end may have forgotten it."""
    sent = _by_key(world, done)
    for key, status in world.database.rows.items():
        if status == PENDING_ROW and not _is_accounted_for(world, key, sent.get(key, [])):
            return Finding(verdict=Verdict.LOST, seed=seed, key=key, sent=sent.get(key, []))
    if world.may_repeat or world.rules.faults & MAY_REPEAT - {Fault.RETENTION}:
        return None
    if not world.rules.allow(Fault.RETENTION) and (wrong := _unwanted(world, sent, seed) or _twice(world, sent, seed)):
        return wrong
    return Finding(verdict=Verdict.BASES, seed=seed) if _has_too_many_bases(world) else None


def _has_too_many_bases(world: World) -> bool:
    """Whether ids changed without need. A Mongo that is new does not know which definitions were superseded: after an
    adoption an older process may bring its own back."""
    most = 1 + world.starts + 2 * world.adoptions
    return len(world.bases) > most and not world.rules.allow(Fault.TRUNCATE)


def _unwanted(world: World, sent: Mapping[Key, Sequence[Document]], seed: int) -> Finding | None:
    """A first run that begins now takes only what became pending after that was decided; another definition takes
    everything."""
    if world.decided_at is None or world.starts:
        return None
    for key, dispatches in sent.items():
        asked = [at for at in world.database.became_pending[key] if at > world.decided_at]
        if any(not any(at <= each.read_at for at in asked) for each in dispatches):
            return Finding(verdict=Verdict.UNWANTED, seed=seed, key=key, sent=dispatches)
    return None


def _twice(world: World, sent: Mapping[Key, Sequence[Document]], seed: int) -> Finding | None:
    """Nothing is sent twice under the same base: another one is another definition, or another table."""
    for key, dispatches in sent.items():
        for base in {each.base for each in dispatches}:
            of_base = [each for each in dispatches if each.base == base]
            if twice := _sent_twice(of_base, world.database.became_pending[key]):
                return Finding(verdict=Verdict.TWICE, seed=seed, key=key, sent=twice)
    return None


def _by_key(world: World, done: Sequence[Document]) -> dict[Key, list[Document]]:
    dispatches: Iterable[Document] = world.redis.queue
    if world.rules.faults & {Fault.LOSS, Fault.EMPTY}:
        dispatches = {(each.id, each.read_at): each for each in [*world.redis.queue, *done]}.values()
    sent: dict[Key, list[Document]] = {}
    for dispatch in dispatches:
        sent.setdefault(dispatch.key, []).append(dispatch)
    return sent


def _is_accounted_for(world: World, key: Key, sent: Sequence[Document]) -> bool:
    """Whether the row was sent, or rejected, under the newest definition, by a relay that read it since it last
    became pending."""
    since = world.database.became_pending[key][-1]
    if world.decided_at is not None and since <= world.decided_at:
        return True
    rejected = [document for document in world.rejected if document.key == key]
    return any(
        document.read_at >= since and document.definition == world.processes[-1] for document in [*sent, *rejected]
    )


def _sent_twice(dispatches: Sequence[Document], became_pending: Sequence[int]) -> Sequence[Document]:
    """Two dispatches of a row that did not become pending anew between their readings."""
    in_order = sorted(dispatches, key=lambda dispatch: (dispatch.read_at, dispatch.place))
    for earlier, later in pairwise(in_order):
        if not any(earlier.read_at < at <= later.read_at for at in became_pending):
            return [earlier, later]
    return []
