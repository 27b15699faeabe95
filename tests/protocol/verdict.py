"""What must hold at the end of a history: nothing lost, and nothing twice where nothing may repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tests.protocol.database import PENDING_ROW, Key
from tests.protocol.mongo import Document
from tests.protocol.rules import MAY_REPEAT, Fault
from tests.protocol.work import World


class Verdict(StrEnum):
    """What went wrong."""

    LOST = "LOST"
    TWICE = "TWICE"
    STUCK = "STUCK"


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
    if world.rules.faults & MAY_REPEAT:
        return None
    for key, dispatches in sent.items():
        twice = _sent_twice(dispatches, world.database.became_pending[key])
        if twice:
            return Finding(verdict=Verdict.TWICE, seed=seed, key=key, sent=twice)
    return None


def _by_key(world: World, done: Sequence[Document]) -> dict[Key, list[Document]]:
    dispatches: Iterable[Document] = world.redis.queue
    if world.rules.allow(Fault.LOSS):
        dispatches = {(each.id, each.read_at): each for each in [*world.redis.queue, *done]}.values()
    sent: dict[Key, list[Document]] = {}
    for dispatch in dispatches:
        sent.setdefault(dispatch.key, []).append(dispatch)
    return sent


def _is_accounted_for(world: World, key: Key, sent: Sequence[Document]) -> bool:
    """Whether the row was sent, or rejected, by a relay that read it since it last became pending."""
    since = world.database.became_pending[key][-1]
    rejected = [document for document in world.rejected if document.key == key]
    return any(document.read_at >= since for document in [*sent, *rejected])


def _sent_twice(dispatches: Sequence[Document], became_pending: Sequence[int]) -> Sequence[Document]:
    """Two dispatches of a row that did not become pending anew between their readings."""
    in_order = sorted(dispatches, key=lambda dispatch: (dispatch.read_at, dispatch.place))
    for earlier, later in pairwise(in_order):
        if not any(earlier.read_at < at <= later.read_at for at in became_pending):
            return [earlier, later]
    return []
