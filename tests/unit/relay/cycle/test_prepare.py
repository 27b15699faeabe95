"""What a reading gives goes into the journal, and no more is read than is of use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from common.database.records import ChangedRow, Lease
from relay.broker.message import render_args
from relay.cycle.context import CycleContext
from relay.cycle.options import CycleOptions
from relay.cycle.prepare import prepare_window
from relay.cycle.progress import Progress
from relay.sources.builtin import SALE
from tests.support.fakes import FakeDatabase, FakeMongo, FakeQueue
from tests.support.samples import a_checkpoint, a_dispatch
from tests.support.stage import paused_ports

CEILING = 10


def _nothing(_: str) -> None:
    """Nobody else acts."""


def _context(mongo: FakeMongo | None = None, pause: Callable[[str], None] = _nothing, **options: Any) -> CycleContext:
    ports = paused_ports(FakeDatabase(), mongo or FakeMongo(), FakeQueue(), pause, lambda: "name")
    lease = Lease(source=SALE.id, owner="owner", generation=1)
    return CycleContext(
        source=SALE,
        ports=ports,
        options=CycleOptions(**options),
        lease=lease,
        checkpoint=a_checkpoint(),
        progress=Progress(patience_seconds=60),
    )


class Reading:
    """Batches of one row with these versions; notes how far it was read."""

    def __init__(self, *versions: int) -> None:
        self._versions = versions
        self.read: list[int] = []

    def __iter__(self) -> Iterator[Sequence[ChangedRow]]:
        for version in self._versions:
            self.read.append(version)
            yield [ChangedRow(version=version, key=("NT-01", version), args=(f"HĐ-{version}", "NT-01"))]


def test_all_that_is_read_is_prepared_in_order() -> None:
    prepared = prepare_window(_context(), a_dispatch(0).window, iter(Reading(1, 2)), iter(()), ceiling=CEILING)
    assert prepared is not None
    assert [dispatch.business_id for dispatch in prepared.kept] == ["HĐ-1", "HĐ-2"]
    assert [dispatch.seq for dispatch in prepared.kept] == [0, 1]
    assert (prepared.count, prepared.last) == (2, prepared.kept[-1])


def test_after_a_row_above_the_ceiling_nothing_more_is_read() -> None:
    reading, resent = Reading(1, CEILING + 1, 3), Reading(4)
    again = ([(row, None) for row in batch] for batch in resent)
    assert prepare_window(_context(), a_dispatch(0).window, iter(reading), again, ceiling=CEILING) is None
    assert (reading.read, resent.read) == ([1, CEILING + 1], [])


def test_without_a_ceiling_such_a_row_is_taken() -> None:
    prepared = prepare_window(_context(), a_dispatch(0).window, iter(Reading(CEILING + 1)), iter(()), ceiling=None)
    assert prepared is not None
    assert prepared.count == 1


def test_what_is_kept_in_memory_is_bounded_by_its_text_too() -> None:
    rows = Reading(1, 2, 3)
    length = len(render_args(("HĐ-1", "NT-01")))
    enough, too_little = (
        prepare_window(_context(most_kept_characters=most), a_dispatch(0).window, iter(rows), iter(()), ceiling=None)
        for most in (3 * length, 3 * length - 1)
    )
    assert enough is not None
    assert too_little is not None
    assert (len(enough.kept), len(too_little.kept)) == (3, 0)
    assert (enough.count, too_little.count) == (3, 3)


def test_what_expires_while_it_is_taken_over_is_not_taken_for_dispatched() -> None:
    """outage: a row that had been rejected long ago, and can be sent by now, was left out; the log knows it no more."""
    mongo = FakeMongo()
    logs = mongo.contents.logs
    earlier = a_dispatch(0, window_id="earlier").window
    prepare_window(_context(mongo), earlier, iter(Reading(1, 2)), iter(()), ceiling=CEILING)
    first, second = logs

    def expire(call: str) -> None:
        if call == "before take_over":
            logs.pop(first, None)

    prepared = prepare_window(
        _context(mongo, expire), a_dispatch(0).window, iter([_rows(1, 2)]), iter(()), ceiling=CEILING
    )
    assert prepared is not None
    assert [dispatch.id for dispatch in prepared.kept] == [first, second]
    assert {dispatch.window for dispatch in logs.values()} == {a_dispatch(0).window}


def _rows(*versions: int) -> Sequence[ChangedRow]:
    return [row for batch in Reading(*versions) for row in batch]
