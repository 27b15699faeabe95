"""For how long there was no sign of the other side."""

from __future__ import annotations

import pytest

from relay.worker.silence import RECONNECT_SECONDS, HeardBeat, InHand, Untaken
from tests.support.still_clock import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def test_silence_is_counted_from_the_last_sign_of_a_beat(clock: StillClock) -> None:
    heard = HeardBeat(clock=clock)
    clock.now += 7
    assert heard.silence() == 7
    heard.hear()
    clock.now += 2
    assert heard.silence() == 2


def test_after_an_outage_a_beat_has_time_to_come_back(clock: StillClock) -> None:
    heard = HeardBeat(clock=clock)
    heard.was_deaf()
    clock.now += RECONNECT_SECONDS
    assert heard.silence() == 0
    clock.now += 1
    assert heard.silence() == 1


def test_messages_that_stay_were_not_taken(clock: StillClock) -> None:
    untaken = Untaken(clock=clock)
    assert untaken.look(0) == 0
    seconds = []
    for waiting in (1, 2, 3):
        untaken.sent()
        clock.now += 5
        seconds.append(untaken.look(waiting))
    assert seconds == [5, 10, 15]


@pytest.mark.parametrize("waiting", [0, 2], ids=["all of them", "one of three"])
def test_as_soon_as_one_was_taken_it_counts_anew(clock: StillClock, waiting: int) -> None:
    untaken = Untaken(clock=clock)
    untaken.look(3)
    clock.now += 60
    assert untaken.look(waiting) == 0
    untaken.sent()
    clock.now += 5
    assert untaken.look(waiting + 1) == 5


def test_one_that_was_taken_and_replaced_by_beats_own_was_taken(clock: StillClock) -> None:
    untaken = Untaken(clock=clock)
    untaken.look(1)
    untaken.sent()
    clock.now += 60
    assert untaken.look(1) == 0


def test_a_queue_that_is_full_and_stays_so_is_not_taken_from(clock: StillClock) -> None:
    untaken = Untaken(clock=clock)
    untaken.look(10)
    clock.now += 3600
    assert untaken.look(10) == 3600


@pytest.mark.parametrize("waiting", [0, 4])
def test_after_an_outage_workers_have_time_to_come_back(clock: StillClock, waiting: int) -> None:
    untaken = Untaken(clock=clock)
    untaken.look(3)
    clock.now += 60
    untaken.was_away()
    assert untaken.look(waiting) == 0
    untaken.sent()
    clock.now += RECONNECT_SECONDS
    assert untaken.look(waiting + 1) == 0
    clock.now += 5
    assert untaken.look(waiting + 1) == 5


def test_the_oldest_in_hand_counts(clock: StillClock) -> None:
    in_hand = InHand(clock=clock)
    assert in_hand.look([]) == 0
    assert in_hand.look(["a"]) == 0
    clock.now += 10
    assert in_hand.look(["a", "b"]) == 10
    clock.now += 1
    assert in_hand.look(["b"]) == 1
    in_hand.was_blind()
    clock.now += 60
    assert in_hand.look(["b"]) == 0
