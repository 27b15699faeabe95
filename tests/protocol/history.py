"""One random history: writers, relays, workers and faults, then peace, then the verdict."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.protocol.context import Refused, Steps, Stop, World
from tests.protocol.database import Database, Write
from tests.protocol.mongo import NOWHERE, Document, Mongo, Offset, Status
from tests.protocol.relay import relay
from tests.protocol.rules import Fault, Rules
from tests.protocol.verdict import Finding, Verdict, judge

KEYS = range(6)
MOST_RELAYS = 3
DEFINITIONS = range(3)
CYCLES_AT_THE_END = 30
MOST_TICKS = 120
"""That a person waits before looking again."""
MUST_END_WELL = 3


class Happening(NamedTuple):
    """Happens when the die falls below `limit`, and it can; otherwise the next one in the list gets its chance."""

    limit: float
    can_happen: Callable[[], bool]
    happen: Callable[[], None]


class History:
    """Decided by its seed and its rules alone."""

    def __init__(self, seed: int, rules: Rules) -> None:
        self._seed = seed
        self._rules = rules
        self._random = Random(seed)
        self._world = World(rules, self._random)
        self._running: list[Steps] = []
        self._done: list[Document] = []
        self._saves: list[tuple[int, Offset]] = []
        self._backups: list[Database] = []
        self._pasts: list[Mongo] = []
        self._happenings = self._all_happenings()

    def play(self) -> Finding | None:
        """The first thing that went wrong; None when nothing did."""
        self._prefill()
        for _ in range(self._random.randint(20, 250)):
            self._let_something_happen()
            self._save()
        if not self._finish_in_peace():
            return Finding(verdict=Verdict.STUCK, seed=self._seed)
        return judge(self._world, self._done, seed=self._seed)

    def _all_happenings(self) -> list[Happening]:
        rules, redis = self._rules, self._world.redis
        return [
            Happening(0.12, lambda: True, self._write),
            Happening(0.17, lambda: len(self._running) < MOST_RELAYS, self._start_relay),
            Happening(0.19, lambda: bool(self._running), self._kill_relay),
            Happening(0.20, lambda: rules.allow(Fault.LOSS) and bool(self._saves), self._lose_the_end_of_redis),
            Happening(0.203, lambda: rules.allow(Fault.RESTORE) and bool(self._backups), self._restore_the_database),
            Happening(0.206, lambda: rules.allow(Fault.WIPE), self._lose_mongo),
            Happening(0.209, lambda: rules.allow(Fault.ROLLBACK) and bool(self._pasts), self._set_mongo_back),
            Happening(0.212, lambda: rules.allow(Fault.HOLE), self._lose_the_journal),
            Happening(0.215, lambda: rules.allow(Fault.EMPTY), self._lose_redis),
            Happening(0.221, lambda: rules.allow(Fault.CLEANUP), self._clean_up_gently),
            Happening(0.225, lambda: rules.allow(Fault.RETENTION), self._clean_up),
            Happening(0.229, lambda: rules.allow(Fault.SWITCH), self._switch_tracking),
            Happening(0.232, lambda: rules.allow(Fault.TRUNCATE), self._world.database.truncate),
            Happening(0.237, lambda: rules.allow(Fault.DEFINITION), self._start_process),
            Happening(0.247, lambda: rules.allow(Fault.STRAY) and len(self._running) < MOST_RELAYS, self._start_stray),
            Happening(0.250, lambda: rules.allow(Fault.MOVE), self._move),
            Happening(0.28, lambda: bool(redis.queue), self._worker_reports),
            Happening(1.0, lambda: bool(self._running), self._advance_relay),
        ]

    def _let_something_happen(self) -> None:
        die = self._random.random()
        for happening in self._happenings:
            if die < happening.limit and happening.can_happen():
                happening.happen()
                return

    def _prefill(self) -> None:
        """Rows that were there before relay, some of them before change tracking."""
        for _ in range(self._random.randint(0, 8)):
            self._write()
        if self._random.random() < 0.5:
            self._world.database.clean_up(self._random.randint(0, self._world.database.version))

    def _save(self) -> None:
        """Keep what a loss or a restore may bring back."""
        self._saves.append((len(self._world.redis.queue), self._world.redis.offset))
        if self._rules.allow(Fault.RESTORE) and self._random.random() < 0.05:
            self._backups.append(self._world.database.backup())
        if self._rules.allow(Fault.ROLLBACK) and self._random.random() < 0.1:
            self._pasts.append(self._world.mongo.backup())

    def _finish_in_peace(self) -> bool:
        """Nobody else acts any more, but a person where one is needed. False: the relays cannot go on."""
        ended, adopts = 0, False
        for cycle in range(CYCLES_AT_THE_END):
            if cycle == CYCLES_AT_THE_END // 2:
                # The new version of the sources has come to the last host.
                self._world.processes = self._world.processes[-1:]
            definition = self._world.processes[-1] if adopts else None
            try:
                for _ in relay(self._world, patient=False, definition=definition, adopts=adopts):
                    pass
                ended, adopts = ended + 1, False
            except Refused:
                # Some look at once, others wait and see.
                adopts = self._random.random() < 0.5
                self._let_time_pass(self._random.randint(0, MOST_TICKS))
            except Stop:
                adopts = False
        checkpoint = self._world.mongo.checkpoint
        return ended >= MUST_END_WELL and checkpoint.open_window is None and not checkpoint.is_stopped

    def _let_time_pass(self, ticks: int) -> None:
        for _ in range(ticks):
            self._world.tick()

    # Writers and workers

    def _write(self) -> None:
        keys = self._random.sample(KEYS, self._random.randint(1, 2))
        self._world.database.write([self._statement(key) for key in keys])

    def _statement(self, key: int) -> Write:
        chance = self._random.random()
        if key not in self._world.database.rows:
            return Write(key, "I", frozenset(), self._random.choice("PPN"))
        if chance < 0.1:
            return Write(key, "D", frozenset(), None)
        if chance < 0.5:
            return Write(key, "U", frozenset({"note"}), None)
        columns = {"note", "status"} if chance < 0.6 else {"status"}
        return Write(key, "U", frozenset(columns), self._random.choice("PN"))

    def _worker_reports(self) -> None:
        message = self._random.choice(self._world.redis.queue[-6:])
        known = self._world.mongo.documents.get(message.id)
        if known is not None and known.status in (Status.PENDING, Status.PREPARED):
            known.status = Status.SUCCESS
            self._done.append(message)

    # Relays

    def _start_relay(self) -> None:
        self._running.append(relay(self._world, patient=True))

    def _start_process(self) -> None:
        """A new version of the sources; the process before the last ends."""
        self._world.starts += 1
        self._world.processes = [*self._world.processes[-1:], self._random.choice(DEFINITIONS)]

    def _start_stray(self) -> None:
        """The relay that is at work has just renewed its fence."""
        world = self._world
        if world.database.fence is not None and world.database.fence.store == world.mongo.store:
            world.database.fence_at = world.tick()
            self._running.append(relay(world, patient=True, mongo=world.stray))

    def _move(self) -> None:
        """To an empty Mongo; whoever is running still has the old one."""
        world = self._world
        world.stray, world.mongo = world.mongo, Mongo(store=world.new_store())
        self._running.append(relay(world, patient=True, definition=world.processes[-1], adopts=True))

    def _kill_relay(self) -> None:
        self._running.pop(self._random.randrange(len(self._running)))

    def _advance_relay(self) -> None:
        chosen = self._random.choice(self._running)
        try:
            next(chosen)
        except (StopIteration, Stop):
            self._running.remove(chosen)

    # Faults

    def _lose_mongo(self) -> None:
        self._world.mongo.forget(self._world.new_store())

    def _lose_redis(self) -> None:
        redis = self._world.redis
        redis.queue, redis.offset = [], NOWHERE
        self._saves = []

    def _clean_up_gently(self) -> None:
        """As it should be: retention is longer than any pause of relay's."""
        version = self._world.mongo.checkpoint.version
        if version is not None and self._world.database.fence is not None:
            self._world.database.clean_up(min(version, self._world.database.version))

    def _clean_up(self) -> None:
        database = self._world.database
        version = self._random.randint(min(database.min_valid, database.version), database.version)
        database.clean_up(version, lags=self._random.random() < 0.5)

    def _switch_tracking(self) -> None:
        keys = self._random.sample(KEYS, self._random.randint(0, 3))
        meanwhile = [self._statement(key) for key in keys]
        self._world.database.restart_tracking(meanwhile, reset=self._rules.allow(Fault.RESET))

    def _lose_the_end_of_redis(self) -> None:
        redis = self._world.redis
        length, offset = self._random.choice(self._saves[-8:])
        if length <= len(redis.queue):
            redis.queue = redis.queue[:length]
            redis.offset = offset
            self._saves = [save for save in self._saves if save[0] <= length]

    def _restore_the_database(self) -> None:
        self._world.database.restore(self._random.choice(self._backups))

    def _set_mongo_back(self) -> None:
        self._world.mongo.restore(self._random.choice(self._pasts[-40:]))

    def _lose_the_journal(self) -> None:
        self._world.mongo.documents.clear()
