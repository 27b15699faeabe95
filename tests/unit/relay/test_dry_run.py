"""What `relay scan --dry-run` finds, held against what the next cycle then does."""

from __future__ import annotations

import pytest

from common.database.records import Mark
from relay.cycle import run_cycle
from relay.dry_run import Preview, preview
from relay.model import CycleOptions, CycleReport, Reason
from relay.sources import SALE
from tests.support.stage import StillHeartbeat, paused_ports
from tests.support.twins import TwinDatabase, TwinMongo, TwinQueue


class World:
    """A database, a Mongo and a queue, and the two ways of looking at them."""

    def __init__(self) -> None:
        self.database, self.mongo, self.queue = TwinDatabase(), TwinMongo(lease_seconds=0), TwinQueue()
        self.names = 0

    def scan(self, options: CycleOptions = CycleOptions()) -> CycleReport:  # noqa: B008 - frozen
        ports = paused_ports(self.database, self.mongo, self.queue, self._go_on, self._new_name)
        return run_cycle(SALE, ports, options, StillHeartbeat())

    def _go_on(self, _where: str) -> None:
        """Pause nowhere."""

    def _new_name(self) -> str:
        self.names += 1
        return f"name-{self.names}"

    def look(self, options: CycleOptions = CycleOptions()) -> Preview:  # noqa: B008 - frozen
        return preview(SALE, self.database, self.mongo, options)

    def write(self, *numbers: int) -> None:
        with self.database.transaction() as write:
            for number in numbers:
                write.insert(("shop", number), args=(f"HD-{number}", "shop"))


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_run_reads_all_pending_rows(world: World) -> None:
    world.write(1, 2)
    found = world.look()
    assert (found.baseline, found.rows) == (Reason.FIRST_RUN, 2)
    assert [row.args for row in found.first] == [("HD-1", "shop"), ("HD-2", "shop")]
    assert world.queue.pushed == []
    report = world.scan()
    assert (report.baseline, report.dispatched) == (found.baseline, found.rows)


def test_a_first_run_from_now_on_reads_nothing(world: World) -> None:
    world.write(1)
    assert world.look(CycleOptions(first_run_now=True)).rows == 0


def test_afterwards_only_changes_are_read(world: World) -> None:
    world.write(1)
    world.scan()
    world.write(2)
    found = world.look()
    assert (found.baseline, found.rows) == (None, 1)


def test_a_relay_that_died_just_before_its_seal_is_no_reason_for_a_baseline(world: World) -> None:
    world.write(1)
    world.scan()
    with world.database.snapshot(SALE) as snapshot:
        mark = snapshot.state.mark
        assert mark is not None
        snapshot.end()
        assert snapshot.set_mark(Mark(version=9, life=mark.life, generation=mark.generation + 1), expected=mark)
    assert world.look().baseline is None


def test_a_restored_database_is_a_reason_for_a_baseline(world: World) -> None:
    world.write(1)
    backup = world.database.backup()
    world.scan()
    world.database.restore(backup)
    assert world.look().baseline is Reason.MARK_MISSING


def test_a_cycle_that_was_sealed_and_not_drained_is_counted(world: World) -> None:
    world.write(1, 2)
    world.queue.waiting = 10
    world.scan(CycleOptions(queue_limit=5))
    assert (world.look().waiting, world.look().rows) == (2, 0)
