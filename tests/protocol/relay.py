"""One cycle of one relay: lease, recover, read and prepare, seal, drain."""

from __future__ import annotations

from tests.protocol.context import CycleContext, Refused, Steps, World
from tests.protocol.continuity import stop_if_superseded
from tests.protocol.drain import drain
from tests.protocol.epochs import check_owner
from tests.protocol.mongo import Mongo
from tests.protocol.recover import fill_gaps, notice_another_mongo
from tests.protocol.rules import Guard
from tests.protocol.seal import seal_window


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
    context = CycleContext(
        world=world,
        mongo=mongo or world.mongo,
        patient=patient,
        definition=world.random.choice(world.processes) if definition is None else definition,
        adopts=adopts,
    )
    context.take_lease()
    yield
    _ask_a_person(context)
    stop_if_superseded(context)
    notice_another_mongo(context)
    yield
    yield from fill_gaps(context)
    if context.checkpoint.open_window is not None:
        check_owner(context)
    if context.checkpoint.open_window is not None:
        yield from drain(context, context.checkpoint.open_window)
    if context.checkpoint.open_window is not None:
        return
    window = yield from seal_window(context)
    if window is not None:
        yield from drain(context, window)


def _ask_a_person(context: CycleContext) -> None:
    """A source whose epochs began too often stays stopped until somebody adopts it."""
    context.check_lease()
    if context.adopts:
        context.checkpoint.is_stopped = False
        context.checkpoint.epoch_starts = ()
    if context.checkpoint.is_stopped and context.world.rules.have(Guard.BREAKER):
        raise Refused
