"""One random history: writers, relays, workers and faults, then peace, then the verdict."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.protocol.database import Database, Write
from tests.protocol.mongo import Document, Mongo, Position, Status
from tests.protocol.relay import relay
from tests.protocol.rules import Fault, Rules
from tests.protocol.verdict import Finding, Verdict, judge
from tests.protocol.work import Steps, Stop, World

KEYS = range(6)
MOST_RELAYS = 3
CYCLES_AT_THE_END = 8
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
        self._saves: list[tuple[int, Position]] = []
        self._backups: list[Database] = []
        self._pasts: list[Mongo] = []
        self._happenings = self._all_happenings()

    def play(self) -> Finding | None:
        """The first thing that went wrong; None when nothing did."""
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
            Happening(0.206, lambda: rules.allow(Fault.WIPE), self._world.mongo.forget),
            Happening(0.209, lambda: rules.allow(Fault.ROLLBACK) and bool(self._pasts), self._set_mongo_back),
            Happening(0.212, lambda: rules.allow(Fault.HOLE), self._lose_the_journal),
            Happening(0.25, lambda: bool(redis.queue), self._worker_reports),
            Happening(1.0, lambda: bool(self._running), self._advance_relay),
        ]

    def _let_something_happen(self) -> None:
        die = self._random.random()
        for happening in self._happenings:
            if die < happening.limit and happening.can_happen():
                happening.happen()
                return

    def _save(self) -> None:
        """Keep what a loss or a restore may bring back."""
        self._saves.append((len(self._world.redis.queue), self._world.redis.position))
        if self._rules.allow(Fault.RESTORE) and self._random.random() < 0.05:
            self._backups.append(self._world.database.backup())
        if self._rules.allow(Fault.ROLLBACK) and self._random.random() < 0.1:
            self._pasts.append(self._world.mongo.backup())

    def _finish_in_peace(self) -> bool:
        """Nobody else acts any more. False: the relays cannot go on."""
        ended = 0
        for _ in range(CYCLES_AT_THE_END):
            try:
                for _ in relay(self._world, patient=False):
                    pass
                ended += 1
            except Stop:
                pass
        return ended >= MUST_END_WELL

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

    def _kill_relay(self) -> None:
        self._running.pop(self._random.randrange(len(self._running)))

    def _advance_relay(self) -> None:
        chosen = self._random.choice(self._running)
        try:
            next(chosen)
        except (StopIteration, Stop):
            self._running.remove(chosen)

    # Faults

    def _lose_the_end_of_redis(self) -> None:
        redis = self._world.redis
        length, position = self._random.choice(self._saves[-8:])
        if length <= len(redis.queue):
            redis.queue = redis.queue[:length]
            redis.position = position
            self._saves = [save for save in self._saves if save[0] <= length]

    def _restore_the_database(self) -> None:
        self._world.database.restore(self._random.choice(self._backups))

    def _set_mongo_back(self) -> None:
        self._world.mongo.restore(self._random.choice(self._pasts[-40:]))

    def _lose_the_journal(self) -> None:
        self._world.mongo.documents.clear()
