"""One cycle of one relay: lease, recover, read and prepare, seal, drain."""

from __future__ import annotations

from tests.protocol.baseline import stop_if_superseded
from tests.protocol.drain import drain
from tests.protocol.life import check_owner
from tests.protocol.mongo import Mongo
from tests.protocol.repair import mend, notice_another_mongo
from tests.protocol.rules import Guard
from tests.protocol.window import seal_window
from tests.protocol.work import Refused, Steps, Work, World


def relay(
    world: World,
    *,
    patient: bool,
    mongo: Mongo | None = None,
    definition: int | None = None,
    adopts: bool = False,
) -> Steps:
    """The cycle, to be advanced step by step. Raises Stop; a `patient` one leaves a full queue alone.

    `mongo`: another than the world's own; `definition`: default: that of one of the running processes.
    `adopts`: a person has said that this relay takes the source over.
    """
    work = Work(
        world=world,
        mongo=mongo or world.mongo,
        patient=patient,
        definition=world.random.choice(world.processes) if definition is None else definition,
        adopts=adopts,
    )
    work.take_lease()
    yield
    _ask_a_person(work)
    stop_if_superseded(work)
    notice_another_mongo(work)
    yield
    yield from mend(work)
    if work.checkpoint.open_cycle is not None:
        check_owner(work)
    if work.checkpoint.open_cycle is not None:
        yield from drain(work, work.checkpoint.open_cycle)
    if work.checkpoint.open_cycle is not None:
        return
    cycle = yield from seal_window(work)
    if cycle is not None:
        yield from drain(work, cycle)


def _ask_a_person(work: Work) -> None:
    """A source whose lives began too often stays stopped until somebody adopts it."""
    work.check_lease()
    if work.adopts:
        work.checkpoint.is_stopped = False
        work.checkpoint.lives = ()
    if work.checkpoint.is_stopped and work.world.rules.have(Guard.BREAKER):
        raise Refused
