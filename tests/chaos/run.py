"""The course of a run: faults one after the other, each recovered from before the next."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis
from sandbox.waiting import WaitTimeoutError, wait_until

from tests.chaos import faults
from tests.chaos.definitions import Definitions
from tests.chaos.kills import PIECE
from tests.chaos.ledger import Ledger, RowKey, Verdict
from tests.chaos.obituaries import Death
from tests.chaos.proxy import Proxy
from tests.chaos.queues import Queues
from tests.chaos.relays import Relays
from tests.chaos.servers import Servers
from tests.chaos.shop import Shop
from tests.chaos.world import Fault, NotRecoveredError, World
from tests.support.alembic_process import upgrade

RECOVERY_SECONDS = 60.0
SETTLE_SECONDS = 90.0
LONG_LOOK_SECONDS = 5.0
"""Between two looks at everything: a baseline brings rows in the order of keys, and much comes behind what is new."""
BETWEEN_SECONDS = (1.0, 5.0)
SETTINGS = {
    "RELAY_LEASE_SECONDS": "3",
    "RELAY_STALL_SECONDS": "8",
    "RELAY_SCAN_INTERVAL": "0.5",
    "RELAY_BATCH_SIZE": "100",
    "RELAY_BASELINE_ROWS": str(PIECE),
    "RELAY_QUEUE_LIMIT": "100000000",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How a run went."""

    seed: int
    faults: Counter[str]
    verdict: Verdict
    longest_recovery: float
    """Seconds from the moment a fault's cause was gone until rows written then were in their queues."""
    slowest: str
    seconds: float
    revived: int
    """Relays that ended by themselves, and were started again."""
    crashed: Sequence[Death]
    """Processes of their pools that a signal ended which was not the run's own."""

    @property
    def is_clean(self) -> bool:
        """Whether every push is there and nothing crashed."""
        return self.verdict.is_clean and not self.crashed


@dataclass
class Run:
    """One run; `say` gets a line for everything that happens."""

    world: World
    count: int
    seed: int
    say: Callable[[str], None]
    only: str = ""
    """Faults whose names begin so, and no restore; empty: all."""
    happened: Counter[str] = field(default_factory=Counter)
    longest: tuple[float, str] = (0.0, "none")
    next_long_look: float = 0.0

    def play(self) -> Result:
        """All faults, then the verdict. Raises NotRecoveredError."""
        started = time.monotonic()
        self._await("the start", time.monotonic(), notes=False)
        backup: Ledger | None = None
        for number in range(1, self.count + 1):
            time.sleep(self.world.random.uniform(*BETWEEN_SECONDS))
            if number == max(1, self.count // 2 - 1):
                backup = faults.back_up(self.world)
            self._strike(number, self._fault(number, backup))
        return Result(
            seed=self.seed,
            faults=self.happened,
            verdict=self._settle(),
            longest_recovery=round(self.longest[0], 1),
            slowest=self.longest[1],
            seconds=round(time.monotonic() - started, 1),
            revived=self.world.relays.revived,
            crashed=self.world.relays.deaths(),
        )

    def _fault(self, number: int, backup: Ledger | None) -> Fault:
        if number == max(2, self.count // 2 + 1) and backup is not None and not self.only:
            copy = backup
            return Fault(name="database restored", strike=lambda world: faults.restore(world, copy))
        if number == max(1, self.count // 4) and not self.only:
            return faults.DEFINITION_CHANGED
        wanted = faults.all_kinds() if self.only else faults.kinds()
        return self.world.random.choice([kind for kind in wanted if kind.name.startswith(self.only)])

    def _strike(self, number: int, fault: Fault) -> None:
        fault.strike(self.world)
        self.happened[fault.name] += 1
        seconds = self._await(fault.name, time.monotonic())
        self.say(f"{number:4}/{self.count}  {fault.name:27} recovered after {seconds:4.1f} s")

    def _await(self, name: str, since: float, *, notes: bool = True) -> float:
        """Wait until rows written now are in their queues; gives the seconds since `since`."""
        probes = self.world.shop.probe()
        try:
            wait_until(lambda: self._are_pushed(probes), RECOVERY_SECONDS)
        except WaitTimeoutError:
            if not self._were_pushed(probes):
                raise NotRecoveredError(f"not recovered from {name} within {RECOVERY_SECONDS:.0f} s") from None
        seconds = time.monotonic() - since
        if notes:
            self.longest = max(self.longest, (seconds, name))
        return seconds

    def _are_pushed(self, probes: list[RowKey]) -> bool:
        if self.world.shop.error is not None:
            raise self.world.shop.error
        self.world.relays.revive()
        try:
            return self.world.queues.holds(probes) or (self._is_long_look_due() and self._were_pushed(probes))
        except redis.RedisError:
            return False

    def _is_long_look_due(self) -> bool:
        now = time.monotonic()
        is_due = now >= self.next_long_look
        if is_due:
            self.next_long_look = now + LONG_LOOK_SECONDS
        return is_due

    def _were_pushed(self, probes: list[RowKey]) -> bool:
        """The same where so much has come behind them that they are not among the newest."""
        pushed = self.world.queues.everything()
        return all(pushed.get(key) for key in probes)

    def _settle(self) -> Verdict:
        """Nobody writes any more; wait until everything is out, then once more for what should not come."""
        self.world.shop.close()
        queues, ledger = self.world.queues, self.world.shop.ledger
        # What is not out by then the verdict calls lost.
        with suppress(WaitTimeoutError):
            wait_until(lambda: not ledger.verdict(queues.everything()).lost, SETTLE_SECONDS)
        time.sleep(3.0)
        return ledger.verdict(queues.everything())


@contextmanager
def prepared(folder: Path, seed: int) -> Iterator[World]:
    """Services, proxies, relay and pharmacies, all running, until the block is left."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        servers = Servers(folder)
        stack.callback(servers.stop)
        servers.start_all()
        proxies = {name: Proxy(servers.address(name)) for name in ("mssql", "mongo", "redis")}
        for proxy in proxies.values():
            stack.callback(proxy.close)
        upgrade(servers.settings)
        definitions = Definitions(folder)
        sources = {"RELAY_SOURCES": str(definitions.path)}
        relays = Relays(folder, {**servers.settings, **SETTINGS, **_through(proxies), **sources})
        stack.callback(relays.stop)
        for name in relays.names:
            relays.start(name)
        host, port = servers.address("redis")
        queues = Queues(redis.Redis(host, port, socket_timeout=5))
        shop = Shop(servers.settings, Ledger(), queues, chance.randrange(2**32))
        shop.open()
        yield World(
            servers=servers,
            proxies=proxies,
            definitions=definitions,
            relays=relays,
            shop=shop,
            queues=queues,
            random=chance,
        )


def _through(proxies: dict[str, Proxy]) -> dict[str, str]:
    """Relay's settings for the way through the proxies."""
    return {
        "MSSQL_SERVER": f"127.0.0.1,{proxies['mssql'].port}",
        "MONGO_URI": f"mongodb://127.0.0.1:{proxies['mongo'].port}/?directConnection=true",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(proxies["redis"].port),
    }
