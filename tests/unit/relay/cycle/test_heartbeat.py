"""The heartbeat renews a lease while there is progress, and gives a stalled holder up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sandbox.waiting import wait_until

from common.database.records import Lease
from relay.cycle.heartbeat import REPORT_SECONDS, Heartbeat
from relay.cycle.progress import READINGS, Progress, Step
from tests.support.stage import SilentLog

LEASE = Lease(source="default.sale", owner="me", generation=1)
INTERVAL_SECONDS = 0.005
SOON = 3
"""Seconds, and hundreds of intervals."""
PATIENCE_SECONDS = 60.0


class CountingLeases:
    """Counts renewals; each is answered by `answer`."""

    def __init__(self) -> None:
        self.renewals = 0
        self.answer: Callable[[], bool] = lambda: True

    def renew(self, lease: Lease) -> bool:
        assert lease == LEASE
        self.renewals += 1
        return self.answer()


class Beating:
    """A heartbeat whose time the test decides, and what came of it."""

    def __init__(self) -> None:
        self.leases = CountingLeases()
        self.log = SilentLog()
        self.seconds = 0.0
        self.stalls = 0
        self.fences = 0
        leases: Any = self.leases
        self.heartbeat = Heartbeat(
            leases,
            self.log,
            interval_seconds=INTERVAL_SECONDS,
            fence_interval_seconds=INTERVAL_SECONDS,
            clock=lambda: self.seconds,
        )
        self.progress = Progress(patience_seconds=PATIENCE_SECONDS, clock=lambda: self.seconds)

    def over(
        self, *, give_up: Callable[[], None] | None = None, renew_fence: Callable[[], None] | None = None
    ) -> AbstractContextManager[None]:
        return self.heartbeat.over(
            LEASE, self.progress, give_up=give_up or self._stall, renew_fence=renew_fence or self.renew_fence
        )

    def renew_fence(self) -> None:
        self.fences += 1

    def _stall(self) -> None:
        self.stalls += 1

    def await_renewals(self, more: int) -> None:
        wanted = self.leases.renewals + more
        wait_until(lambda: self.leases.renewals >= wanted, timeout=SOON, message="the lease was not renewed")

    def await_end(self) -> None:
        wait_until(lambda: not _threads(), timeout=SOON, message="the thread still beats")


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lease-default.sale"]


@pytest.fixture
def beating() -> Beating:
    return Beating()


def test_the_fence_is_renewed_now_and_then(beating: Beating) -> None:
    with beating.over():
        wait_until(lambda: beating.fences >= 3, timeout=SOON, message="the fence was not renewed")


def test_a_renewal_of_the_fence_that_waits_holds_up_no_lease(beating: Beating) -> None:
    waiting, over = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        over.wait()

    with beating.over(renew_fence=wait):
        assert waiting.wait(10)
        beating.await_renewals(5)
        over.set()


def test_a_renewal_of_the_fence_that_fails_is_told_and_tried_again(beating: Beating) -> None:
    def fail() -> None:
        beating.fences += 1
        raise ConnectionError("away")

    with beating.over(renew_fence=fail):
        wait_until(lambda: beating.fences >= 2, timeout=SOON, message="it was not tried again")
    assert beating.log.events[0] == ("fence_not_renewed", {"source": "default.sale", "error": "ConnectionError: away"})


def test_the_lease_is_renewed_inside_the_block(beating: Beating) -> None:
    with beating.over():
        beating.await_renewals(3)
    assert beating.stalls == 0


def test_the_thread_ends_with_the_block(beating: Beating) -> None:
    with beating.over():
        assert len(_threads()) == 1
    assert _threads() == []


def test_the_thread_ends_with_an_error_too(beating: Beating) -> None:
    with pytest.raises(RuntimeError, match="the cycle broke"), beating.over():
        raise RuntimeError("the cycle broke")
    assert _threads() == []


def test_without_progress_the_statement_is_cancelled_once_and_the_lease_left(beating: Beating) -> None:
    with beating.over():
        beating.seconds = PATIENCE_SECONDS + 1
        beating.await_end()
        assert beating.stalls == 1
        renewals = beating.leases.renewals
    assert beating.leases.renewals == renewals
    assert beating.log.events == [
        ("stalled", {"source": "default.sale", "step": "recover", "seconds": PATIENCE_SECONDS})
    ]
    assert beating.progress.stalled_at is Step.RECOVER


@pytest.mark.parametrize("step", sorted(READINGS))
def test_a_reading_is_waited_for_as_long_as_was_said_and_other_steps_as_long_as_ever(
    step: Step, beating: Beating
) -> None:
    beating.progress = Progress(
        patience_seconds=PATIENCE_SECONDS, reading_seconds=4 * PATIENCE_SECONDS, clock=lambda: beating.seconds
    )
    with beating.over():
        beating.progress.at(step)
        beating.seconds += 4 * PATIENCE_SECONDS
        beating.await_renewals(2)
        beating.progress.at(Step.COUNT)
        beating.seconds += PATIENCE_SECONDS + 1
        beating.await_end()
    assert beating.progress.stalled_at is Step.COUNT


def test_what_takes_long_is_told_now_and_then(beating: Beating) -> None:
    with beating.over():
        beating.seconds = REPORT_SECONDS - 1
        beating.progress.at(Step.READ, 1000)
        beating.progress.at(Step.READ, 500)
        beating.await_renewals(2)
        assert beating.log.events == []
        beating.seconds = REPORT_SECONDS
        beating.await_renewals(3)
        told = {"source": "default.sale", "step": "read", "done": 1500, "seconds": 30, "idle_seconds": 1}
        assert beating.log.events == [("working", told)]
        beating.progress.at(Step.COUNT, 7)
        beating.seconds += REPORT_SECONDS
        beating.await_renewals(3)
    assert [(event, told["step"], told["done"]) for event, told in beating.log.events] == [
        ("working", "read", 1500),
        ("working", "count", 7),
    ]


def test_progress_keeps_the_lease_however_long_it_takes(beating: Beating) -> None:
    with beating.over():
        for _ in range(3):
            beating.seconds += PATIENCE_SECONDS
            beating.progress.moved()
            beating.await_renewals(2)
    assert beating.stalls == 0


def test_patience_counts_from_the_beginning_of_the_block(beating: Beating) -> None:
    beating.seconds = 1000.0
    with beating.over():
        beating.await_renewals(2)
    assert beating.stalls == 0


def test_work_whose_lease_is_somebody_elses_is_cancelled_until_it_ends(beating: Beating) -> None:
    """outage: SQL Server went on for hours for nobody, and kept a process of the worker; one cancel may come between
    two statements."""
    beating.leases.answer = lambda: False
    with beating.over():
        wait_until(lambda: beating.stalls >= 3, timeout=SOON, message="it was not cancelled")
        assert beating.progress.is_for_nothing
    assert _threads() == []
    assert (beating.leases.renewals, beating.progress.stalled_at) == (1, None)


def test_a_store_that_is_away_for_a_moment_is_asked_again(beating: Beating) -> None:
    def fail() -> bool:
        raise ConnectionError("mongo is away")

    beating.leases.answer = fail
    with beating.over():
        beating.await_renewals(2)
        beating.leases.answer = lambda: True
        beating.await_renewals(2)
    [(event, fields)] = beating.log.events
    assert (event, fields["error"]) == ("lease_not_renewed", "ConnectionError: mongo is away")


def test_a_store_that_stays_away_is_told_now_and_then_and_not_at_every_beat(beating: Beating) -> None:
    def fail() -> bool:
        raise ConnectionError("mongo is away")

    beating.leases.answer = fail
    beating.seconds = 1.0
    with beating.over():
        beating.await_renewals(5)
        beating.progress.moved()
        beating.seconds += REPORT_SECONDS
        beating.await_renewals(5)
    assert [event for event, _ in beating.log.events if event != "working"] == ["lease_not_renewed"] * 2


def test_a_cancel_that_fails_is_told_and_the_thread_ends(beating: Beating) -> None:
    def fail() -> None:
        raise ConnectionError("the connection is gone")

    with beating.over(give_up=fail):
        beating.seconds = PATIENCE_SECONDS + 1
        beating.await_end()
    told = {event: fields.get("error") for event, fields in beating.log.events}
    assert told == {"stalled": None, "not_cancelled": "ConnectionError: the connection is gone"}
