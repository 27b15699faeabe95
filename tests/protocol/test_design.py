"""The protocol as designed: whatever happens to a store, nothing is lost, and nothing is sent twice without need."""

from __future__ import annotations

import os

import pytest

from tests.protocol.history import History
from tests.protocol.rules import Fault, Rules

HISTORIES = int(os.environ.get("N", "3000"))
FIRST_SEED = int(os.environ.get("SEED", "0"))

FAULTS = {
    "none": [],
    "loss": [Fault.LOSS],
    "restore": [Fault.RESTORE],
    "wipe": [Fault.WIPE],
    "rollback": [Fault.ROLLBACK],
    "hole": [Fault.HOLE],
    "live": [Fault.LIVE],
    "all": [Fault.LOSS, Fault.RESTORE, Fault.WIPE, Fault.ROLLBACK, Fault.HOLE, Fault.LIVE],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_nothing_is_lost_and_nothing_sent_twice(faults: list[Fault]) -> None:
    rules = Rules(faults=frozenset(faults))
    for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES):
        assert History(seed, rules).play() is None


def test_a_history_is_decided_by_its_seed() -> None:
    without = Rules.named(["no-position"])
    first, second = ([History(seed, without).play() for seed in range(100)] for _ in range(2))
    assert first == second
    assert any(first)


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(ValueError, match=r"^no-such-guard: neither a fault nor a guard"):
        Rules.named(["loss", "no-such-guard"])
