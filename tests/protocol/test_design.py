"""The protocol as designed: whatever happens to a store, nothing is lost, and nothing is sent twice without need."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from tests.protocol.context import CycleContext, Refused, Stop, World
from tests.protocol.database import Write
from tests.protocol.epochs import MOST_EPOCHS
from tests.protocol.history import History
from tests.protocol.mongo import NOWHERE, Mongo, Offset, Status
from tests.protocol.recover import repair
from tests.protocol.relay import relay
from tests.protocol.rules import Fault, Rules

HISTORIES = int(os.environ.get("N", "1500"))
FIRST_SEED = int(os.environ.get("SEED", "0"))

FAULTS = {
    "none": [],
    "loss": [Fault.LOSS],
    "restore": [Fault.RESTORE],
    "wipe": [Fault.WIPE],
    "rollback": [Fault.ROLLBACK],
    "hole": [Fault.HOLE],
    "live": [Fault.LIVE],
    "empty": [Fault.EMPTY],
    "cleanup": [Fault.CLEANUP],
    "retention": [Fault.RETENTION],
    "switch": [Fault.SWITCH],
    "versions begin at 0 again": [Fault.SWITCH, Fault.RESET],
    "truncate": [Fault.TRUNCATE],
    "definition": [Fault.DEFINITION],
    "now": [Fault.NOW],
    "stray": [Fault.STRAY],
    "move": [Fault.MOVE],
    "resend": [Fault.RESEND, Fault.LOSS],
    "a window is lost, then the queue": [Fault.HOLE, Fault.EMPTY],
    "a rolling change while somebody moves": [Fault.DEFINITION, Fault.MOVE, Fault.STRAY, Fault.LOSS, Fault.CLEANUP],
    "now, and much besides": [Fault.NOW, Fault.STRAY, Fault.EMPTY, Fault.WIPE, Fault.ROLLBACK],
    "all": [Fault.LOSS, Fault.RESTORE, Fault.WIPE, Fault.ROLLBACK, Fault.HOLE, Fault.LIVE],
    "all, and more": list(set(Fault) - {Fault.NO_RETRY, Fault.NOW, Fault.DEFINITION, Fault.RESET}),
}
"""Each of these is played by itself; more at once by hand: `python -m tests.protocol` with their words."""


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_nothing_is_lost_and_nothing_sent_twice(faults: list[Fault]) -> None:
    rules = Rules(faults=frozenset(faults))
    for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES):
        assert History(seed, rules).play() is None


class TwoMongos:
    """Relays in turn, each with a Mongo of its own, over six rows that wait and one queue."""

    def __init__(self, words: str) -> None:
        self.world = World(Rules.named(words.split()), Random(1))
        self.world.piece = 7
        self.world.database.write([Write(key, "I", frozenset(), "P") for key in range(6)])
        self.refused = 0
        self.apart = False
        """Whether each of them keeps an offset of its own in the queue, as under two names of Mongo's database."""
        self._offsets: dict[int, Offset] = {}

    def turn(self, mongo: Mongo, *, adopts: bool = False, dies_after_its_seal: bool = False) -> None:
        redis = self.world.redis
        redis.offset = self._offsets.get(mongo.store, NOWHERE) if self.apart else redis.offset
        try:
            for _ in relay(self.world, patient=False, mongo=mongo, adopts=adopts):
                if dies_after_its_seal and mongo.checkpoint.open_window:
                    break
        except Refused:
            self.refused += 1
        except Stop:
            pass
        self._offsets[mongo.store] = redis.offset

    def take_turns(self) -> None:
        for _ in range(30):
            self.turn(self.world.mongo)
            self.turn(self.world.stray)

    @property
    def pushed(self) -> int:
        """How often a row was pushed."""
        return max(Counter(document.key for document in self.world.redis.queue).values())


def test_two_relays_that_do_not_know_of_each_other_are_stopped() -> None:
    two = TwoMongos("no-fresh")
    two.take_turns()
    assert two.world.epochs_sealed <= 2 * MOST_EPOCHS
    assert two.pushed <= two.world.epochs_sealed
    assert two.refused > 20


def test_without_the_breaker_they_go_on_for_ever() -> None:
    two = TwoMongos("no-fresh no-breaker")
    two.take_turns()
    assert two.world.epochs_sealed > 50


@pytest.mark.parametrize("words", ["", "no-owner"])
@pytest.mark.parametrize("loses_its_place", [False, True], ids=["an open window", "a queue that lost its end"])
def test_who_was_relieved_and_has_an_offset_of_its_own_pushes_nothing(words: str, loses_its_place: bool) -> None:
    two = TwoMongos(words)
    two.apart = True
    two.turn(two.world.mongo, dies_after_its_seal=not loses_its_place)
    if loses_its_place:
        two._offsets[two.world.mongo.store] = two._offsets[two.world.mongo.store]._replace(seq=0)
    two.turn(two.world.stray, adopts=True)
    before = two.pushed
    two.take_turns()
    assert (two.pushed == before) is (words == "")


@pytest.mark.parametrize("words", ["", "no-owner"])
def test_who_was_relieved_of_a_source_pushes_nothing_any_more(words: str) -> None:
    """It takes the other's offset in the queue for a loss, unless it looks whose the fence is."""
    two = TwoMongos(words)
    two.turn(two.world.mongo)
    two.world.redis.offset = NOWHERE
    two.turn(two.world.stray, adopts=True)
    assert two.pushed == 2, "nothing vouched for the first dispatches"
    two.take_turns()
    assert (two.pushed == 2) is (words == "")


class Calm(Random):
    """Nothing happens by chance."""

    def random(self) -> float:
        return 0.999


@pytest.mark.parametrize("words", ["", "no-looked"])
def test_what_is_noted_while_a_repair_looks_does_not_hide_a_window_that_is_gone(words: str) -> None:
    """One history in millions: a closed window is gone, the queue lost all, and the open window is noted as pushed
    between repair's two looks."""
    world = World(Rules.named(words.split()), Calm())
    for key in (1, 2):
        world.database.write([Write(key, "I", frozenset(), "P")])
        _run(world)
    world.database.write([Write(3, "I", frozenset(), "P")])
    paused = relay(world, patient=False)
    while not world.redis.queue[2:]:
        next(paused)
    documents = world.mongo.documents
    del documents[next(each.id for each in documents.values() if each.key == 2)]
    world.redis.queue, world.redis.offset = [], NOWHERE
    context = CycleContext(world=world, mongo=world.mongo, patient=False)
    context.take_lease()
    repairing = repair(context)
    next(repairing)
    next(repairing)
    for document in documents.values():
        document.status = Status.PENDING
    for _ in repairing:
        pass
    for _ in range(3):
        _run(world)
    assert ({document.key for document in world.redis.queue} == {1, 2, 3}) is (words == "")


def _run(world: World) -> None:
    """A cycle from its beginning to its end."""
    with suppress(Stop):
        for _ in relay(world, patient=False):
            pass


def test_a_history_is_decided_by_its_seed() -> None:
    without = Rules.named(["no-offset"])
    first, second = ([History(seed, without).play() for seed in range(100)] for _ in range(2))
    assert first == second
    assert any(first)


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(ValueError, match=r"^no-such-guard: neither a fault nor a guard"):
        Rules.named(["loss", "no-such-guard"])
