"""The real cycle at random: writers, workers, crashes, zombies, a full queue, and losses of every store.

What tests/protocol does to a model, this does to the code. Each history is decided by its seed alone.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.database.records import Dispatch, TaskStatus
from relay.model import CycleOptions, Reason
from relay.sources import SALE
from relay.work import Ports
from tests.support.stage import Actor, cycle_on, paused_ports
from tests.support.twins import TwinDatabase, TwinMongo, TwinQueue
from tests.support.twins.database import ConnectionCutError

HISTORIES = int(os.environ.get("RELAY_HISTORIES", "400"))
FIRST_SEED = int(os.environ.get("RELAY_SEED", "0"))
MAY_REPEAT = {"restore", "wipe", "rollback", "hole"}
KEYS = [("shop", number) for number in range(6)]


@dataclass
class History:
    """One random history on the twins."""

    seed: int
    faults: frozenset[str]
    tick: int = 0
    names: int = 0
    database: TwinDatabase = field(default_factory=TwinDatabase)
    mongo: TwinMongo = field(default_factory=lambda: TwinMongo(lease_seconds=0))
    queue: TwinQueue = field(default_factory=TwinQueue)
    running: list[Actor] = field(default_factory=list)
    done: list[Dispatch] = field(default_factory=list)
    became_pending: dict[Any, list[int]] = field(default_factory=dict)
    read_at: dict[str, int] = field(default_factory=dict)
    rejected: list[tuple[Any, int]] = field(default_factory=list)
    saves: list[tuple[int, Any]] = field(default_factory=list)
    copies: list[Any] = field(default_factory=list)
    pasts: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.queue.waiting = 0

    # What can happen

    def write(self) -> None:
        self.tick += 1
        with self.database.transaction() as write:
            for key in self.random.sample(KEYS, self.random.randint(1, 2)):
                self._write_row(write, key)

    def _write_row(self, write: Any, key: Any) -> None:
        chance = self.random.random()
        status = self.random.choice(["PENDING_SYNC", "PENDING_SYNC", "DRAFT"])
        if key not in self.database.contents.rows:
            args = (f"id-{key[1]}", None if self.random.random() < 0.1 else "shop")
            write.insert(key, status=status, args=args)
        elif chance < 0.1:
            write.delete(key)
            return
        elif chance < 0.5:
            write.update(key, note="x")
            return
        elif chance < 0.6:
            write.update(key, note="x", status=status)
        else:
            write.update(key, status=status)
        if status == "PENDING_SYNC":
            self.became_pending.setdefault(key, []).append(self.tick)

    def start_relay(self) -> None:
        if len(self.running) < 3:
            self.running.append(Actor(cycle_on(self._ports, SALE, self._options())))

    def _options(self) -> CycleOptions:
        return CycleOptions(batch_size=3, queue_limit=10)

    def _ports(self, pause: Any) -> Ports:
        """Ports that note when a cycle's snapshot was taken: what it read then decides what was lost or repeated."""
        taken_at = 0

        def noting(where: str) -> None:
            nonlocal taken_at
            if where == "after snapshot opened":
                taken_at = self.tick
            pause(where)

        def new_name() -> str:
            self.names += 1
            name = f"name-{self.names}"
            self.read_at[name] = taken_at
            return name

        return paused_ports(self.database, self.mongo, self.queue, noting, new_name)

    def go_on(self) -> None:
        if self.running:
            actor = self.random.choice(self.running)
            self.queue.waiting = 10 if self.random.random() < 0.1 else 0
            actor.step()
            self._note_rejected()
            self._sweep()

    def _sweep(self) -> None:
        for actor in [actor for actor in self.running if actor.done]:
            self.running.remove(actor)
            if actor.error is not None and not isinstance(actor.error, ConnectionCutError):
                raise actor.error

    def _note_rejected(self) -> None:
        for dispatch in self.mongo.contents.logs.values():
            if dispatch.status is TaskStatus.REJECTED:
                self.rejected.append((dispatch.key, self.read_at[dispatch.cycle]))

    def kill(self) -> None:
        if self.running:
            self.running.pop(self.random.randrange(len(self.running))).kill()

    def worker_reports(self) -> None:
        if self.queue.pushed:
            dispatch = self.random.choice(self.queue.pushed[-6:])
            if self.mongo.report(dispatch.id, TaskStatus.SUCCESS):
                self.done.append(dispatch)

    def lose_the_end_of_the_queue(self) -> None:
        if "loss" in self.faults and self.saves:
            length, position = self.random.choice(self.saves[-8:])
            if length <= len(self.queue.pushed):
                self.queue.pushed = self.queue.pushed[:length]
                self.queue.position = position
                self.saves = [save for save in self.saves if save[0] <= length]

    def restore_the_database(self) -> None:
        if "restore" in self.faults and self.copies:
            backup, became_pending = self.random.choice(self.copies)
            self.database.restore(backup)
            # What was written after the backup has never happened, as far as the database is concerned.
            self.became_pending = {key: list(times) for key, times in became_pending.items()}

    def wipe_mongo(self) -> None:
        if "wipe" in self.faults:
            self.mongo.forget()

    def set_mongo_back(self) -> None:
        if "rollback" in self.faults and self.pasts:
            self.mongo.restore(self.random.choice(self.pasts[-40:]))

    def lose_the_journal(self) -> None:
        if "hole" in self.faults:
            self.mongo.contents.logs.clear()

    # The history

    def play(self) -> None:
        happenings = [
            (0.12, self.write),
            (0.05, self.start_relay),
            (0.02, self.kill),
            (0.01, self.lose_the_end_of_the_queue),
            (0.003, self.restore_the_database),
            (0.003, self.wipe_mongo),
            (0.003, self.set_mongo_back),
            (0.003, self.lose_the_journal),
            (0.038, self.worker_reports),
            (0.75, self.go_on),
        ]
        weights = [weight for weight, _ in happenings]
        for _ in range(self.random.randint(40, 500)):
            self.random.choices([what for _, what in happenings], weights)[0]()
            self._save()
        for actor in self.running:
            actor.kill()
        self.running.clear()
        self._finish()

    def _save(self) -> None:
        self.saves.append((len(self.queue.pushed), self.queue.position))
        if "restore" in self.faults and self.random.random() < 0.05:
            became_pending = {key: list(times) for key, times in self.became_pending.items()}
            self.copies.append((self.database.backup(), became_pending))
        if "rollback" in self.faults and self.random.random() < 0.1:
            self.pasts.append(self.mongo.backup())

    def _finish(self) -> None:
        """Let relays work in peace until everything is out."""
        self.queue.waiting = 0
        self.tick += 1
        for _ in range(8):
            actor = Actor(cycle_on(self._ports, SALE, self._options()))
            while not actor.done:
                actor.step()
                self.queue.waiting = 0
            self._note_rejected()
            if actor.error is not None:
                raise actor.error

    # The verdict

    def lost(self) -> list[Any]:
        """Rows that are pending and were neither sent nor rejected since they last became so."""
        sent = self.queue.pushed + self.done
        return [
            key
            for key, row in self.database.contents.rows.items()
            if row.status == "PENDING_SYNC" and not self._is_accounted_for(key, sent)
        ]

    def _is_accounted_for(self, key: Any, sent: list[Dispatch]) -> bool:
        since = self.became_pending[key][-1]
        if any(d.key == key and self.read_at[d.cycle] >= since for d in sent):
            return True
        return any(rejected == key and at >= since for rejected, at in self.rejected)

    def twice(self) -> list[str]:
        """Dispatches that were read in the same stretch of being pending."""
        if self.faults & MAY_REPEAT:
            return []
        counted: Counter[tuple[Any, int]] = Counter()
        for dispatch in self.queue.pushed:
            at = self.read_at[dispatch.cycle]
            stretch = sum(became <= at for became in self.became_pending[dispatch.key])
            counted[dispatch.key, stretch] += 1
        return [f"{key} in its stretch {stretch}: {n} times" for (key, stretch), n in counted.items() if n > 1]


@pytest.mark.parametrize("fault", ["none", "loss", "restore", "wipe", "rollback", "hole", "all"])
def test_nothing_is_lost_and_nothing_sent_twice(fault: str) -> None:
    every = {"loss", "restore", "wipe", "rollback", "hole"}
    faults = frozenset(every if fault == "all" else {fault} - {"none"})
    for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES):
        history = History(seed=seed, faults=faults)
        history.play()
        assert not history.lost(), f"seed {seed}"
        assert not history.twice(), f"seed {seed}"


def test_first_run_reason_is_named() -> None:
    history = History(seed=0, faults=frozenset())
    history.write()
    history._finish()
    assert history.mongo.contents.held[SALE.id].checkpoint.life_reason == Reason.FIRST_RUN
