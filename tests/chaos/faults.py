"""What can go wrong. Each fault happens, and is over when `strike` returns: then relay has to recover."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence

from sandbox.control import SqlServerControl
from sandbox.env_file import CONTROL
from sandbox.mongo_control import MongoControl
from sandbox.sqlserver.faults.model import DelayFault
from sandbox.waiting import WaitTimeoutError, wait_until

from examples.pharmacy.documents import KINDS
from relay.exits import EXIT_CONFIGURATION
from tests.chaos.kills import kill_all_relays, kill_in_a_baseline, kill_who_lingers
from tests.chaos.ledger import Ledger
from tests.chaos.world import Fault, NotRecoveredError, NotRefusedError, World

MOST_BYTES_CUT = 20_000
"""Off the end of Redis's file: some twenty messages."""
LONGEST_STALL = 8.0
LONGEST_AWAY = 4.0
CLOCK_STEP = 3600.0
VISIT_SECONDS = 60.0
SUPERSEDED = "brought another definition"
"""What a relay says that has the older one."""
CROWD = 10_000
"""Rows that are out in the queues when Redis loses everything for the first time."""
CROWD_SECONDS = 60.0
BACKUP = "chaos"
APPLICATION = "relay"
"""What relay calls itself to SQL Server and MongoDB."""
CHANGES = "CHANGETABLE(CHANGES"
SLOW_SECONDS = (9.0, 12.0)
"""To the first row: longer than RELAY_STALL_SECONDS, and shorter than twice that."""
SLOW_ROWS_SECONDS = 90.0
"""Rows that were read a moment before wait for the next reading, and each is that slow."""


def kinds() -> Sequence[Fault]:
    """All but those that happen once: the restore, and the change of the definition."""
    links = [
        Fault(name=f"{service} link {name}", strike=lambda world, s=service, h=how: h(world, s))  # type: ignore[misc]
        for service in ("mssql", "mongo", "redis")
        for name, how in (("cut", _cut), ("stalled", _stall), ("reset", _reset), ("silenced", _silence))
    ]
    return [
        Fault(name="relay killed", strike=_kill_a_relay),
        Fault(name="relay killed", strike=_kill_a_relay),
        Fault(name="all relays killed", strike=kill_all_relays),
        Fault(name="relay's process killed", strike=lambda world: _kill_a_process(world, signal.SIGKILL)),
        Fault(name="relay's process crashed", strike=lambda world: _kill_a_process(world, signal.SIGSEGV)),
        Fault(name="relays killed in a baseline", strike=kill_in_a_baseline),
        Fault(name="lingering process killed", strike=kill_who_lingers),
        Fault(name="clock put forward", strike=lambda world: _step_clock(world, CLOCK_STEP)),
        Fault(name="clock put back", strike=lambda world: _step_clock(world, -CLOCK_STEP)),
        *links,
        Fault(name="first rows slow", strike=_slow_first_rows),
        Fault(name="table altered", strike=lambda world: world.shop.alter_a_table(world.random)),
        Fault(name="mssql killed", strike=lambda world: _kill_server(world, "mssql")),
        Fault(name="mongo killed", strike=lambda world: _kill_server(world, "mongo")),
        Fault(name="mongo deposed", strike=_depose_mongo),
        Fault(name="redis killed", strike=lambda world: _kill_server(world, "redis")),
        Fault(name="redis lost its end", strike=_lose_the_end),
        Fault(name="redis lost its end", strike=_lose_the_end),
        Fault(name="redis lost everything", strike=_lose_everything),
        Fault(name="older file of sources", strike=_start_with_an_older_file),
        Fault(name="scan with another Mongo", strike=_scan_with_another_mongo),
    ]


def all_kinds() -> Sequence[Fault]:
    """With the change of the definition, as often as somebody likes."""
    return [*kinds(), DEFINITION_CHANGED]


def _kill_a_relay(world: World) -> None:
    name = world.random.choice(world.relays.names)
    world.relays.kill(name)
    world.relays.start(name)


def _kill_a_process(world: World, number: signal.Signals) -> None:
    world.relays.kill_a_process(world.random, number)


def _step_clock(world: World, seconds: float) -> None:
    name = world.random.choice(world.relays.names)
    world.relays.put_clock(name, world.relays.ahead(name) + seconds)


def _cut(world: World, service: str) -> None:
    world.proxies[service].cut()
    time.sleep(world.random.uniform(0, LONGEST_AWAY))
    world.proxies[service].fix()


def _stall(world: World, service: str) -> None:
    world.proxies[service].stall()
    time.sleep(world.random.uniform(0.5, LONGEST_STALL))
    world.proxies[service].fix()


def _reset(world: World, service: str) -> None:
    world.proxies[service].reset()


def _silence(world: World, service: str) -> None:
    world.proxies[service].silence()


def _kill_server(world: World, name: str) -> None:
    world.servers.kill(name)
    time.sleep(world.random.uniform(0, LONGEST_AWAY))
    world.servers.start(name)


def _slow_first_rows(world: World) -> None:
    """SQL Server needs longer for the first row than a statement may take; relay has to wait longer, by itself."""
    control = _control(world)
    slow = round(1000 * world.random.uniform(*SLOW_SECONDS))
    control.arm(DelayFault(text=CHANGES, application=APPLICATION, milliseconds=slow, times=None))
    probes = world.shop.probe()
    try:
        wait_until(lambda: world.queues.holds(probes), SLOW_ROWS_SECONDS)
    except WaitTimeoutError:
        raise NotRecoveredError(
            f"no row came that took {slow / 1000:.0f} s, within {SLOW_ROWS_SECONDS:.0f} s"
        ) from None
    finally:
        control.clear()


def _depose_mongo(world: World) -> None:
    """Relays meet a primary that was cut off: its reads lag behind what was written, and it confirms nothing."""
    mongo = MongoControl(world.servers.settings["MONGO_URI"])
    mongo.depose(application=APPLICATION)
    time.sleep(world.random.uniform(0.5, LONGEST_STALL))
    mongo.recover()


def _lose_the_end(world: World) -> None:
    # Nobody looks meanwhile: what a worker service takes, it has taken before or after.
    with world.shop.pause():
        world.servers.kill("redis")
        world.servers.cut_append_only_file(world.random.randint(1, MOST_BYTES_CUT))
        world.servers.start("redis")
        world.queues.look_again()


def _lose_everything(world: World) -> None:
    if world.queues.length() < CROWD:
        world.shop.write_many(CROWD)
        wait_until(lambda: world.queues.length() >= CROWD, CROWD_SECONDS)
    # Nobody looks meanwhile, for the same reason: what was taken is done, and everything else is wanted again.
    with world.shop.pause():
        world.queues.client.flushall()
        world.queues.look_again()


def _change_definition(world: World) -> None:
    # Nobody writes meanwhile: what waits now is what the new definition finds.
    with world.shop.pause():
        for name in world.relays.names:
            world.relays.kill(name)
        world.definitions.change()
        world.shop.ledger.redefined(world.definitions.number)
        for name in world.relays.names:
            world.relays.start(name)


DEFINITION_CHANGED = Fault(name="definition changed", strike=_change_definition)


def _start_with_an_older_file(world: World) -> None:
    """One more relay, until it has been refused: the definition that it bears was superseded."""
    if not world.definitions.has_older:
        _change_definition(world)
        # Until then the older one is the present one still.
        wait_until(lambda: _is_taken_up(world), VISIT_SECONDS)
    stranger = world.relays.start_stranger({"RELAY_SOURCES": str(world.definitions.older_path)})
    try:
        wait_until(lambda: SUPERSEDED in stranger.tail(), VISIT_SECONDS)
    except WaitTimeoutError:
        raise NotRefusedError(f"a relay with an older file of sources was not refused:\n{stranger.tail()}") from None
    finally:
        stranger.kill_group()


def _is_taken_up(world: World) -> bool:
    """Whether rows of every kind are sent under the present definition."""
    newest = {push.key[0] for push in world.queues.newest() if push.definition == world.definitions.number}
    return newest == {kind.name for kind in KINDS}


def _scan_with_another_mongo(world: World) -> None:
    """It must be refused: the fence says who is at work."""
    scan = world.relays.start_scan({"MONGO_DB_NAME": "another"})
    code = scan.wait(VISIT_SECONDS)
    if code != EXIT_CONFIGURATION:
        raise NotRefusedError(f"a scan with another Mongo ended with {code}:\n{scan.tail()}")


def back_up(world: World) -> Ledger:
    """A copy of the database, and of what is known to be in it."""
    with world.shop.pause():
        _control(world).back_up(BACKUP)
        return world.shop.ledger.copy()


def restore(world: World, ledger: Ledger) -> None:
    """Put that copy in the database's place."""
    with world.shop.pause():
        _control(world).restore(BACKUP)
        world.shop.ledger.put_back(ledger)


def _control(world: World) -> SqlServerControl:
    return SqlServerControl.at(world.servers.settings[CONTROL])
