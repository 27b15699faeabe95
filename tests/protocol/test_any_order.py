"""Nothing depends on the order in which the rows of one window are read: it is a kindness to people, who see that what
waited first is sent first (docs/cycle/read.md)."""

from __future__ import annotations

from random import Random

import pytest

from tests.protocol import seal
from tests.protocol.context import CycleContext
from tests.protocol.continuity import Plan
from tests.protocol.history import History
from tests.protocol.reading import Reading
from tests.protocol.rules import Fault, Rules
from tests.protocol.test_design import FIRST_SEED, HISTORIES

FAULTS = {
    "none": [],
    "what the queue held is lost": [Fault.LOSS, Fault.EMPTY],
    "all": [Fault.LOSS, Fault.RESTORE, Fault.WIPE, Fault.ROLLBACK, Fault.HOLE, Fault.LIVE],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_rows_of_a_window_may_come_in_any_order(faults: list[Fault], monkeypatch: pytest.MonkeyPatch) -> None:
    taken, moved = seal._taken, 0

    def in_any_order(context: CycleContext, reading: Reading, planned: Plan) -> seal.Taken:
        nonlocal moved
        found = taken(context, reading, planned)
        shuffled = chance.sample(found.rows, len(found.rows))
        moved += shuffled != found.rows
        return seal.Taken(rows=shuffled, piece=found.piece)

    monkeypatch.setattr(seal, "_taken", in_any_order)
    for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES):
        chance = Random(seed)
        assert History(seed, Rules(faults=frozenset(faults))).play() is None, seed
    assert moved
