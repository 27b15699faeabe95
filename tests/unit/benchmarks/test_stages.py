"""A cycle under the clock is the same cycle."""

from __future__ import annotations

from benchmarks.stages import OTHERS, Stages, timed
from relay.cycle.options import CycleOptions
from relay.cycle.run import run_cycle
from tests.support.stage import StillHeartbeat, paused_ports
from tests.support.world import World


def test_every_call_of_a_cycle_can_be_timed() -> None:
    """benchmarks: a snapshot was asked for by an argument's name, which the clock did not know."""
    world = World()
    world.write(1, 2)
    ports = paused_ports(world.database, world.mongo, world.queue, lambda _: None, iter(map(str, range(99))).__next__)
    found = Stages()
    report = run_cycle(world.source, timed(ports, found), CycleOptions(), StillHeartbeat())
    assert report.dispatched == 2
    assert world.queued() == ["HĐ-1", "HĐ-2"]
    named = {"read rows", "write the journal", "render and push", "note that it is pushed", OTHERS}
    assert set(found.wall) == set(found.cpu) == named
