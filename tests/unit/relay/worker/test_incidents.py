"""The memory of what was logged takes no problem for another, and forgets rather than invents."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress

import pytest

from relay.worker import incidents as module
from relay.worker.incidents import REMIND_SECONDS, SLOTS, Incidents
from tests.support.still_clock import StillClock

NAMES = [f"scan_source:nhà-thuốc-{number}" for number in range(SLOTS)]
SAME_CRC = ("plumless", "buckeroo")
"""CRC-32 of both is 4ddb0c25."""


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def incidents(clock: StillClock) -> Incidents:
    return Incidents(clock=clock)


def test_the_end_of_one_is_not_the_end_of_another(incidents: Incidents) -> None:
    for name in NAMES[:-1]:
        assert incidents.begin(name, "sql_server")
        assert incidents.end(NAMES[-1]) is None
    for name in NAMES[:-1]:
        assert incidents.end(name), "it was still wrong"
        assert incidents.end(name) is None


def test_troubles_and_names_that_look_alike_to_a_checksum_are_told_apart(incidents: Incidents) -> None:
    one, other = SAME_CRC
    assert zlib.crc32(one.encode()) == zlib.crc32(other.encode())
    assert incidents.begin("what", one)
    assert incidents.begin("what", other), "a new problem was swallowed"
    assert incidents.begin(one, "away")
    assert incidents.end(other) is None
    assert incidents.begin(other, "away")


@pytest.mark.parametrize("text", ["", "\x00", "Hiệu thuốc", "\udcff", "x" * 1_000_000], ids=range(5))
def test_any_text_is_a_name_and_a_trouble(incidents: Incidents, text: str) -> None:
    assert incidents.begin(text, text)
    assert incidents.begin(text, text) is None
    assert incidents.end(text)


def test_what_does_not_fit_is_logged_each_time_and_nothing_is_mixed_up(incidents: Incidents) -> None:
    for name in NAMES:
        incidents.begin(name, "away")
    assert [incidents.begin("one more", "away") is not None for _ in range(3)] == [True] * 3
    assert incidents.end("one more") is None
    assert incidents.begin(NAMES[0], "away") is None, "those that fit are remembered"
    assert incidents.end(NAMES[7])
    assert incidents.begin("one more", "away"), "there is room again"
    assert incidents.begin("one more", "away") is None


@pytest.mark.parametrize("written", range(0, module._SLOT, 3))
def test_a_process_that_dies_while_it_writes_leaves_nothing_false(
    incidents: Incidents, clock: StillClock, written: int
) -> None:
    incidents.begin("what", "before")
    before = incidents._memory[:]
    clock.now += REMIND_SECONDS / 2
    incidents.begin("what", "after")
    incidents._memory[written : module._SLOT] = before[written : module._SLOT]

    assert incidents.begin("another", "before"), "a new problem was swallowed"
    assert incidents.begin("what", "third"), "a new problem was swallowed"
    assert incidents.end("what")
    ended = incidents.end("what")
    assert ended is None or ended.seconds <= REMIND_SECONDS / 2


def test_half_a_record_is_none(incidents: Incidents) -> None:
    incidents.begin("what", "away")
    incidents._memory[module._SLOT - 20 : module._SLOT - 16] = b"torn"
    assert incidents.end("what") is None
    assert incidents.begin("what", "away")
    assert incidents.end("what")


def test_processes_that_begin_and_end_all_at_once_leave_nothing_behind(incidents: Incidents) -> None:
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                lost = sum(not _begins_and_ends(incidents, f"{number}:{turn}") for turn in range(200))
                # Two that take a free slot at once leave it to one of them: rare, and a line too many.
                os._exit(0 if lost < 100 else 1)
            os._exit(2)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert all(incidents.end(f"{number}:{turn}") is None for number in range(4) for turn in range(200))


def _begins_and_ends(incidents: Incidents, name: str) -> bool:
    assert incidents.begin(name, "away")
    return incidents.end(name) is not None
