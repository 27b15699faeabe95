"""What is wrong is said once, again after a while, and so is its end."""

from __future__ import annotations

import os
from contextlib import suppress

import pymongo.errors
import pytest
import redis.exceptions

from common.database.errors import ConfigurationError
from relay.cycle.outcomes import CycleReport, Outcome
from relay.sources.builtin import SALE
from relay.worker.incidents import REMIND_SECONDS, Incidents
from relay.worker.reporting import log_once, report_full
from tests.support.stage import SilentLog
from tests.support.still_clock import StillClock


class Ticks:
    """A task that is called at every tick."""

    def __init__(self) -> None:
        self.log, self.clock = SilentLog(), StillClock()
        self.incidents = Incidents(clock=self.clock)

    def tick(
        self, error: Exception | None = None, *, source: str = "sale", seconds: float = 1.0, is_proof: bool = True
    ) -> None:
        self.clock.now += seconds
        with log_once(self.log, self.incidents, "scan_source", source=source) as proof:
            proof.holds = is_proof
            if error is not None:
                raise error

    def said(self) -> list[str]:
        return [event for event, _ in self.log.events]


AWAY = pymongo.errors.ServerSelectionTimeoutError("localhost:27017: connection refused, attempt 17")


def test_a_service_that_is_away_is_told_once_and_so_is_its_return() -> None:
    ticks = Ticks()
    for number in range(5):
        ticks.tick(pymongo.errors.AutoReconnect(f"connection refused, attempt {number}"))
    ticks.tick()
    ticks.tick()
    assert ticks.said() == ["left_to_the_next_tick", "recovered"]
    assert ticks.log.events[1][1]["after_seconds"] == 5.0


def test_a_tick_that_finds_the_lease_taken_is_no_proof_that_it_is_over() -> None:
    ticks = Ticks()
    ticks.tick(AWAY)
    ticks.tick(is_proof=False)
    ticks.tick(AWAY)
    ticks.tick()
    assert ticks.said() == ["left_to_the_next_tick", "recovered"]


def test_it_is_told_again_after_a_while() -> None:
    ticks = Ticks()
    ticks.tick(AWAY)
    ticks.tick(AWAY, seconds=REMIND_SECONDS - 1)
    assert ticks.said() == ["left_to_the_next_tick"]
    ticks.tick(AWAY, seconds=1)
    assert ticks.said() == ["left_to_the_next_tick"] * 2
    assert ticks.log.events[1][1]["after_seconds"] == REMIND_SECONDS


@pytest.mark.parametrize("said", ["waits {} s", "the tick {:08x}-4e62-9388-97dc-8c5af00d{:04x} is refused", "port {}"])
def test_a_text_with_another_id_is_the_same_problem(said: str) -> None:
    """outage: a right that was missing was said at every tick, with the id of that tick."""
    ticks = Ticks()
    for number in (10, 11, 3_000_000_000):
        ticks.tick(ConfigurationError(said.format(number, number % 7)))
    assert ticks.said() == ["configuration"]


def test_another_service_another_problem_and_another_source_are_told_at_once() -> None:
    ticks = Ticks()
    ticks.tick(AWAY)
    ticks.tick(redis.exceptions.ConnectionError("away"))
    ticks.tick(ConfigurationError("fix this\nand that"))
    ticks.tick(ConfigurationError("fix that"))
    ticks.tick(AWAY, source="import")
    assert [fields["service"] for event, fields in ticks.log.events if event == "left_to_the_next_tick"] == [
        "mongodb",
        "broker",
        "mongodb",
    ]
    assert [fields["remedy"] for event, fields in ticks.log.events if event == "configuration"] == [
        "fix this",
        "and that",
        "fix that",
    ]


def test_a_problem_that_tells_for_how_long_by_now_is_told_once() -> None:
    ticks = Ticks()
    for seconds in (1, 17, 240):
        ticks.tick(ConfigurationError(f"a relay on host hiệu-thuốc was seen {seconds} s ago"))
    assert ticks.said() == ["configuration"]


def test_a_defect_is_raised_every_time() -> None:
    ticks = Ticks()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ticks.tick(ZeroDivisionError())
    assert ticks.said() == []


def test_processes_forked_from_one_another_say_it_once_together() -> None:
    ticks = Ticks()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            ticks.tick(AWAY)
        os._exit(len(ticks.said()))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    ticks.tick(AWAY)
    assert ticks.said() == []


def test_a_full_queue_is_told_once_and_so_is_its_room() -> None:
    ticks = Ticks()

    def tick(outcome: Outcome, *, seconds: float = 1.0) -> None:
        ticks.clock.now += seconds
        report_full(ticks.log, ticks.incidents, SALE, CycleReport(source="sale", outcome=outcome))

    for _ in range(5):
        tick(Outcome.QUEUE_FULL)
    # Another relay is at work: that says nothing of the queue.
    tick(Outcome.HELD)
    assert ticks.said() == ["queue_full"]
    tick(Outcome.QUEUE_FULL, seconds=REMIND_SECONDS)
    assert ticks.said() == ["queue_full"] * 2
    tick(Outcome.DONE)
    tick(Outcome.DONE)
    assert ticks.said()[2:] == ["queue_has_room"]
