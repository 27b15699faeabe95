"""The real cycle as a state machine of Hypothesis, which looks for a history that breaks it, and for the shortest such.

`RELAY_EXAMPLES=5000 pytest tests/unit/histories/test_any_history.py` looks longer. What it finds, it prints as a test.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from common.database.records import Key
from tests.support.fakes.mongo_contents import Contents
from tests.support.history import KEYS, Edit, History

EXAMPLES = int(os.environ.get("RELAY_EXAMPLES", "150"))
STEPS = 60
MOST_CALLS = 40
"""A window of one batch takes some thirty calls."""

edits = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(Edit)), min_size=1, max_size=4)
calls = st.integers(1, MOST_CALLS)
numbers = st.integers(0, 7)


class ExactlyOnce(RuleBasedStateMachine):
    """Whatever happens here, every row that becomes pending is pushed exactly once."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()

    @property
    def relays(self) -> int:
        return len(self.history.running)

    @rule(edits=edits)
    def a_pharmacy_writes(self, edits: Sequence[tuple[Key, Edit]]) -> None:
        self.history.write(edits)

    @rule()
    def a_relay_works(self) -> None:
        """Nobody interferes with it."""
        before = self.relays
        self.history.start_relay()
        while self.relays > before:
            self.history.go_on(before)

    @rule(adopts=st.booleans())
    def a_relay_starts(self, adopts: bool) -> None:
        """A person has it take the source over where one was refused before."""
        self.history.start_relay(adopts=adopts and self.history.is_refused)

    @precondition(lambda self: self.relays)
    @rule(number=numbers, calls=calls)
    def a_relay_goes_on(self, number: int, calls: int) -> None:
        actor = self.history.running[number % self.relays]
        for _ in range(calls):
            if not actor.done:
                self.history.go_on(self.history.running.index(actor))

    @precondition(lambda self: self.relays)
    @rule(number=numbers)
    def a_relay_finds_its_queue_full(self, number: int) -> None:
        self.history.go_on(number % self.relays, queue_is_full=True)

    @precondition(lambda self: self.relays)
    @rule(number=numbers)
    def a_relay_is_killed(self, number: int) -> None:
        self.history.kill(number % self.relays)

    @rule(ago=numbers)
    def a_worker_is_done(self, ago: int) -> None:
        self.history.report(ago)

    @rule(moments=st.integers(0, MOST_CALLS))
    def redis_loses_its_end(self, moments: int) -> None:
        self.history.lose_the_end_of_the_queue(moments)

    @rule(done=st.integers(0, 3), answered=st.integers(0, 3))
    def a_batch_is_cut_off(self, done: int, answered: int) -> None:
        self.history.cut_off(done=done, answered=answered)

    @rule(how=st.sampled_from(["truncated", "dropped and created", "cleaned up"]))
    def the_history_is_lost(self, how: str) -> None:
        match how:
            case "truncated":
                self.history.database.truncate()
            case "dropped and created":
                self.history.database.recreate()
            case _:
                self.history.clean_up(too_early=False)

    def teardown(self) -> None:
        self.history.end()
        self.history.assert_kept()


class AtLeastOnce(ExactlyOnce):
    """After what happens here as well, rows that wait may be sent again; none is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.pasts: list[Contents] = []

    @rule()
    def the_database_is_backed_up(self) -> None:
        self.history.back_up_the_database()

    @precondition(lambda self: self.history.copies)
    @rule(number=numbers)
    def the_database_is_restored(self, number: int) -> None:
        self.history.restore_the_database(number % len(self.history.copies))

    @rule()
    def mongo_is_backed_up(self) -> None:
        self.pasts.append(self.history.mongo.backup())

    @precondition(lambda self: self.pasts)
    @rule(number=numbers)
    def mongo_goes_back(self, number: int) -> None:
        self.history.mongo.restore(self.pasts[number % len(self.pasts)])
        self.history.may_repeat = True

    @rule(what=st.sampled_from(["changes", "tracking", "mongo", "journal"]))
    def something_is_lost(self, what: str) -> None:
        match what:
            case "changes":
                self.history.clean_up(too_early=True)
            case "tracking":
                self.history.switch_tracking_off_and_on()
            case "mongo":
                self.history.lose_mongo()
            case _:
                self.history.mongo.contents.logs.clear()
        self.history.may_repeat = True


@pytest.mark.timeout(60 + EXAMPLES)
@pytest.mark.parametrize("machine", [ExactlyOnce, AtLeastOnce])
def test_no_history_breaks_it(machine: type[ExactlyOnce]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="RELAY_EXAMPLES" not in os.environ,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
