"""What a window takes of memory does not grow with its rows, whatever they hold."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from common.batches import BATCH_CHARACTERS, batches
from common.database.records import ChangedRow, Dispatch, Lease, Outgoing, WindowHeader
from relay.cycle.context import CycleContext
from relay.cycle.drain import drain
from relay.cycle.options import CycleOptions
from relay.cycle.prefetch import prefetch
from relay.cycle.prepare import prepare_window
from relay.cycle.progress import Progress
from relay.sources.builtin import SALE
from tests.support.fakes import FakeDatabase, FakeMongo, FakeQueue
from tests.support.samples import a_checkpoint, a_dispatch, an_open_window
from tests.support.stage import paused_ports

ROW = 500_000
"""Characters."""
WINDOW = a_dispatch(0).window


class Journal(FakeMongo):
    """It counts what is prepared and keeps none of it; what is read back is made anew."""

    prepared = 0

    def prepare(self, dispatches: Sequence[Dispatch]) -> Sequence[str]:
        self.prepared += len(dispatches)
        return []

    def count(self, window_id: str, progress: object) -> int:
        return self.prepared

    def header(self, window_id: str) -> WindowHeader:
        return WINDOW

    def batch(self, window: WindowHeader, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        rest = (_outgoing(seq) for seq in range(after + 1, self.prepared))
        return next(batches(rest, most=limit, weigh=lambda dispatch: len(dispatch.args)), [])


class Queue(FakeQueue):
    """It keeps nothing."""

    def publish(self, *_: object, **__: object) -> None:
        pass

    def queue_length(self, source: object) -> int:
        return 0


def _outgoing(seq: int) -> Outgoing:
    return Outgoing(id=f"id-{seq}", window=WINDOW, args="x" * ROW, seq=seq)


def _rows(count: int) -> Iterator[Sequence[ChangedRow]]:
    rows = (ChangedRow(version=1, key=(number,), args=(f"HĐ-{number}", "x" * ROW)) for number in range(count))
    return batches(rows, most=1000, weigh=lambda row: len(row.args[1]))


def _context(journal: Journal) -> CycleContext:
    ports = paused_ports(FakeDatabase(), journal, Queue(), lambda _: None, lambda: "name")
    ports = replace(ports, prefetch=prefetch)
    lease = journal.acquire(SALE.id) or Lease(source=SALE.id, owner="owner", generation=1)
    return CycleContext(
        source=SALE,
        ports=ports,
        options=CycleOptions(),
        lease=lease,
        checkpoint=a_checkpoint(),
        progress=Progress(patience_seconds=60),
    )


def _peak(count: int) -> int:
    """Bytes, at most, while so many rows are prepared and drained."""
    journal = Journal()
    context = _context(journal)
    gc.collect()
    tracemalloc.start()
    try:
        prepared = prepare_window(context, WINDOW, _rows(count), iter(()), ceiling=None)
        assert prepared is not None
        assert prepared.count == count
        window = an_open_window(id=WINDOW.id, number=WINDOW.number, count=count)
        context.checkpoint = replace(context.checkpoint, open_window=window)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CycleContext, "close", lambda *_: None)
            drain(context, window, prepared.kept)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_two_thousand_rows_of_half_a_megabyte_take_no_more_than_two_hundred() -> None:
    few, many = _peak(200), _peak(2000)
    assert many < 1.3 * few
    assert many < 12 * BATCH_CHARACTERS
