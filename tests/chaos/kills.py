"""Kills at a certain moment: in the midst of a baseline, and while a process lingers."""

from __future__ import annotations

import signal
import time

from sandbox.waiting import WaitTimeoutError, wait_until

from examples.pharmacy.documents import KINDS, DocumentKind
from relay.worker.schedule import SCAN
from tests.chaos.world import NotRecoveredError, World

PIECE = 500
"""RELAY_BASELINE_ROWS: a baseline is read in many pieces."""
PIECES = 10
MOST_KILLS = 3
"""In one baseline."""
LATEST_SECONDS = 0.5
"""After so many of its rows are out, a kill comes within this time."""
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.3
"""Between two looks at who lingers: a tick that does not is over long before."""
SELDOM = {"RELAY_SCAN_INTERVAL": "10"}
"""So that a process lingers for longer than a moment, and is missed for longer when it was killed."""


def kill_all_relays(world: World) -> None:
    """kill -9 of all relays at once; each is started anew."""
    for name in world.relays.names:
        world.relays.kill(name)
    for name in world.relays.names:
        world.relays.start(name)


def kill_in_a_baseline(world: World) -> None:
    """One table's tracking is switched off and on; the relays are killed while they read all that waits there."""
    kind = world.random.choice(KINDS)
    _have_many_waiting(world, kind)
    before = world.queues.length([kind])
    waiting = world.shop.switch_tracking(kind)
    kills = world.random.randint(1, MOST_KILLS)
    for some in sorted(world.random.randint(PIECE, waiting // 2) for _ in range(kills)):
        _await_rows(world, kind, before + some)
        time.sleep(world.random.uniform(0, LATEST_SECONDS))
        kill_all_relays(world)


def _have_many_waiting(world: World, kind: DocumentKind) -> None:
    missing = PIECES * PIECE - world.shop.ledger.waiting(kind.name)
    if missing > 0:
        length = world.queues.length([kind])
        world.shop.write_many(missing, [kind])
        _await_rows(world, kind, length + missing)


def _await_rows(world: World, kind: DocumentKind, length: int) -> None:
    try:
        wait_until(lambda: world.queues.length([kind]) >= length, PATIENCE_SECONDS)
    except WaitTimeoutError:
        found = world.queues.length([kind])
        raise NotRecoveredError(
            f"{found} of {length} messages in {kind.queue} after {PATIENCE_SECONDS:.0f} s"
        ) from None


def kill_who_lingers(world: World) -> None:
    """kill -9 of the process that lingers while rows come; the next tick is some time away."""
    for name in world.relays.names:
        world.relays.kill(name)
        world.relays.start(name, SELDOM)
    try:
        process = wait_until(lambda: _who_lingers(world), PATIENCE_SECONDS)
    except WaitTimeoutError:
        raise NotRecoveredError(f"nobody lingers within {PATIENCE_SECONDS:.0f} s, although rows come") from None
    world.relays.end_process(process, signal.SIGKILL)
    probes = world.shop.probe()
    try:
        wait_until(lambda: world.queues.holds(probes), PATIENCE_SECONDS)
    except WaitTimeoutError:
        raise NotRecoveredError(f"the next tick sent nothing within {PATIENCE_SECONDS:.0f} s") from None
    kill_all_relays(world)


def _who_lingers(world: World) -> int | None:
    """A process of a pool that is at a tick in two looks."""
    before = world.relays.processes_at(SCAN)
    time.sleep(LOOK_SECONDS)
    return next(iter(before & world.relays.processes_at(SCAN)), None)
