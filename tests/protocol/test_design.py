"""The protocol as designed: whatever happens to a store, nothing is lost, and nothing is sent twice without need."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.protocol.database import Write
from tests.protocol.history import History
from tests.protocol.relay import relay
from tests.protocol.rules import Fault, Rules
from tests.protocol.work import Refused, Stop, World

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


@pytest.mark.parametrize(("words", "most_lives"), [("no-fresh", 6), ("no-fresh no-breaker", 60)])
def test_two_relays_that_do_not_know_of_each_other_are_stopped(words: str, most_lives: int) -> None:
    """Each has a Mongo of its own, and takes the other's mark for a restored database's."""
    world = World(Rules.named(words.split()), Random(1))
    world.database.write([Write(key, "I", frozenset(), "P") for key in range(6)])
    refused = 0
    for _ in range(30):
        for mongo in (world.mongo, world.stray):
            try:
                for _ in relay(world, patient=False, mongo=mongo):
                    pass
            except Refused:
                refused += 1
            except Stop:
                pass
    assert world.lives_sealed <= most_lives
    assert (refused > 40) is (words == "no-fresh"), "without the breaker they would go on for ever"
    assert world.lives_sealed > most_lives - 4


def test_a_history_is_decided_by_its_seed() -> None:
    without = Rules.named(["no-position"])
    first, second = ([History(seed, without).play() for seed in range(100)] for _ in range(2))
    assert first == second
    assert any(first)


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(ValueError, match=r"^no-such-guard: neither a fault nor a guard"):
        Rules.named(["loss", "no-such-guard"])
