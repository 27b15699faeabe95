"""One cycle of one relay: lease, recover, read and prepare, seal, drain."""

from __future__ import annotations

from tests.protocol.drain import drain
from tests.protocol.repair import mend, notice_another_mongo
from tests.protocol.window import seal_window
from tests.protocol.work import Steps, Work, World


def relay(world: World, *, patient: bool) -> Steps:
    """The cycle, to be advanced step by step. Raises Stop; a `patient` one leaves a full queue alone."""
    work = Work(world=world, patient=patient)
    work.take_lease()
    yield
    notice_another_mongo(work)
    yield
    yield from mend(work)
    if work.checkpoint.open_cycle is not None:
        yield from drain(work, work.checkpoint.open_cycle)
    if work.checkpoint.open_cycle is not None:
        return
    cycle = yield from seal_window(work)
    if cycle is not None:
        yield from drain(work, cycle)
