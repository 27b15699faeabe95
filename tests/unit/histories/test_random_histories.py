"""The real cycle at random: writers, workers, crashes, zombies, a full queue, and losses of every store.

What tests/protocol does to a model, this does to the code. Each history is decided by its seed alone.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from relay.cycle.reasons import Reason
from relay.sources.builtin import SALE
from tests.support.history import KEYS, Edit, History

HISTORIES = int(os.environ.get("RELAY_HISTORIES", "150"))
FIRST_SEED = int(os.environ.get("RELAY_SEED", "0"))
EDITS = [Edit.PEND] * 6 + [Edit.DRAFT] * 3 + [Edit.NOTE] * 4 + [Edit.SPOIL, Edit.MEND, Edit.DELETE, Edit.MOVE]


@dataclass
class Chance:
    """Decides what happens."""

    seed: int
    faults: frozenset[str]
    history: History = field(default_factory=History)
    _pasts: list[Any] = field(default_factory=list)
    """Of Mongo."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def play(self) -> None:
        happenings = [
            (0.12, self._write),
            (0.05, self._start_relay),
            (0.02, self._kill),
            (0.01, self._cut_a_batch_off),
            (0.01, self._lose_the_end_of_the_queue),
            (0.003, self._restore_the_database),
            (0.003, self._wipe_mongo),
            (0.003, self._set_mongo_back),
            (0.003, self._lose_the_journal),
            (0.038, lambda: self.history.report(self._random.randrange(6))),
            (0.75, self._go_on),
        ]
        weights = [weight for weight, _ in happenings]
        for _ in range(self._random.randint(40, 500)):
            self._random.choices([what for _, what in happenings], weights)[0]()
            self._copy()
        self.history.end()

    def _write(self) -> None:
        keys = self._random.sample(KEYS, self._random.randint(1, 2))
        self.history.write([(key, self._random.choice(EDITS)) for key in keys])

    def _start_relay(self) -> None:
        self.history.start_relay(adopts=self.history.is_refused and self._random.random() < 0.5)

    def _go_on(self) -> None:
        if self.history.running:
            relay = self._random.randrange(len(self.history.running))
            self.history.go_on(relay, queue_is_full=self._random.random() < 0.1)

    def _kill(self) -> None:
        if self.history.running:
            self.history.kill(self._random.randrange(len(self.history.running)))

    def _cut_a_batch_off(self) -> None:
        self.history.cut_off(done=self._random.randrange(4), answered=self._random.randrange(4))

    def _lose_the_end_of_the_queue(self) -> None:
        if "loss" in self.faults:
            self.history.lose_the_end_of_the_queue(self._random.randrange(8))

    def _restore_the_database(self) -> None:
        if self.history.copies:
            self.history.restore_the_database(self._random.randrange(len(self.history.copies)))

    def _wipe_mongo(self) -> None:
        if "wipe" in self.faults:
            self.history.lose_mongo()

    def _set_mongo_back(self) -> None:
        if self._pasts:
            self.history.mongo.restore(self._random.choice(self._pasts[-40:]))
            self.history.may_repeat = True

    def _lose_the_journal(self) -> None:
        if "hole" in self.faults:
            self.history.mongo.contents.logs.clear()
            self.history.may_repeat = True

    def _copy(self) -> None:
        if "restore" in self.faults and self._random.random() < 0.05:
            self.history.back_up_the_database()
        if "rollback" in self.faults and self._random.random() < 0.1:
            self._pasts.append(self.history.mongo.backup())


@pytest.mark.parametrize("fault", ["none", "loss", "restore", "wipe", "rollback", "hole", "all"])
def test_nothing_is_lost_and_nothing_sent_twice(fault: str) -> None:
    every = {"loss", "restore", "wipe", "rollback", "hole"}
    faults = frozenset(every if fault == "all" else {fault} - {"none"})
    for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES):
        chance = Chance(seed=seed, faults=faults)
        chance.play()
        try:
            chance.history.assert_kept()
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


def test_first_run_reason_is_named() -> None:
    history = History()
    history.write([(KEYS[0], Edit.PEND)])
    history.end()
    assert history.mongo.contents.held[SALE.id].checkpoint.epoch_reason == Reason.FIRST_RUN
