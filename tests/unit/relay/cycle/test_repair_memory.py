"""What a repair takes of memory does not grow with the rows that the queue lost."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from common.database.records import NOWHERE, Checkpoint, Key, Offset, Pushed, TaskStatus, TrackedTable, WindowEnd
from relay.cycle.context import CycleContext
from relay.cycle.options import CycleOptions
from relay.cycle.progress import Progress
from relay.cycle.recover import repair
from relay.sources.builtin import SALE
from relay.sources.source import Source
from tests.support.fakes import FakeDatabase, FakeMongo, FakeQueue
from tests.support.samples import a_checkpoint, a_dispatch
from tests.support.stage import SilentLog, paused_ports

BATCH = 100
WINDOW = a_dispatch(0).window
CHECKPOINT = a_checkpoint()


class LongLog(FakeMongo):
    """A window of so many dispatches, each made when it is read."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def ends_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[WindowEnd]:
        return [WindowEnd(number=1, seq=self._count - 1, follows=None)] if offset == NOWHERE else []

    def pushed_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[Pushed]:
        return [_pushed(seq) for seq in range(offset.seq + 1, min(offset.seq + 1 + limit, self._count))]

    def overtaken(self, dispatches: Sequence[Pushed], last: tuple[int, int]) -> set[str]:
        return set()


class AllWait(FakeDatabase):
    """Each row that is asked for is pending."""

    def still_pending(
        self,
        source: TrackedTable,
        keys: Collection[Key],
        progress: Callable[[], None],
        *,
        patience_seconds: float | None = None,
    ) -> set[Key]:
        return set(keys)


class Counting(FakeQueue):
    """It counts messages and keeps none."""

    messages = 0

    def publish(
        self,
        source: Source,
        *,
        after: Offset,
        dispatches: Sequence[object],
        skip_message: Collection[str] = (),
        arrived: object = None,
    ) -> None:
        self.messages += len(dispatches) - len(skip_message)


class Deaf(SilentLog):
    """It keeps no event."""

    def warning(self, event: str, **fields: object) -> None:
        pass


def _pushed(seq: int) -> Pushed:
    return Pushed(id=f"id-{seq}", window=WINDOW, args="[]", seq=seq, key=(f"HĐ-{seq}",), status=TaskStatus.PENDING)


def _peak(count: int) -> int:
    """Bytes, at most, while so many rows are repaired."""
    log, queue, database = LongLog(count), Counting(), AllWait()
    ports = paused_ports(database, log, queue, lambda _: None, lambda: "name")
    lease = log.acquire(SALE.id)
    assert lease is not None
    context = CycleContext(
        source=SALE,
        ports=replace(ports, log=Deaf()),
        options=CycleOptions(batch_size=BATCH),
        lease=lease,
        checkpoint=CHECKPOINT,
        progress=Progress(patience_seconds=60),
    )
    gc.collect()
    tracemalloc.start()
    try:
        repair(context)
        assert queue.messages == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_twenty_times_as_many_rows_take_no_more_memory() -> None:
    """outage: of each row that waited some hundred bytes were kept, until all had been looked at."""
    few, many = _peak(10 * BATCH), _peak(200 * BATCH)
    assert many < 1.5 * few
