"""What Redis refuses a worker is said, and raised for nobody."""

from __future__ import annotations

from queue import Empty
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError
from structlog.testing import capture_logs

from relay.worker import refused_waits

REFUSED = NoPermissionError("this user has no permissions to run the 'brpop' command")


class Connection:
    """As far as a wait looks at it."""

    def __init__(self) -> None:
        self.client = self.connection = self
        self.hung_up = 0

    def disconnect(self) -> None:
        self.hung_up += 1


class InHand:
    """As far as an acknowledgement looks at it."""

    def __init__(self) -> None:
        self.given_back: set[str] = set()
        self._quick_ack = self.given_back.add


class Answers:
    """Gives, or raises, one after the other."""

    def __init__(self, *answers: object) -> None:
        self._answers = iter(answers)

    def __call__(self, *_: Any) -> object:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_waits, "PAUSE_SECONDS", 0.0)


def test_a_wait_that_is_refused_is_one_that_brought_nothing_and_begins_on_another_connection() -> None:
    wait, channel = refused_waits._waiting(Answers(REFUSED, REFUSED, Empty(), True)), Connection()
    with capture_logs() as told:
        for _ in range(3):
            with pytest.raises(Empty):
                wait(channel)
        assert wait(channel) is True
    assert [(line["event"], line["task"]) for line in told] == [("configuration", "consume"), ("recovered", "consume")]
    assert channel.hung_up == 2


def test_an_acknowledgement_that_is_refused_is_said_and_the_tick_is_no_longer_in_hand() -> None:
    acknowledge, qos = refused_waits._acknowledging(Answers(REFUSED, None)), InHand()
    with capture_logs() as told:
        acknowledge(qos, "one")
        acknowledge(qos, "two")
    assert [(line["event"], line["task"]) for line in told] == [
        ("configuration", "acknowledge"),
        ("recovered", "acknowledge"),
    ]
    assert qos.given_back == {"one"}


def test_the_end_of_a_connection_is_for_celery() -> None:
    away = RedisConnectionError("closed by server")
    for method, argument in (
        (refused_waits._waiting(Answers(away)), (Connection(),)),
        (refused_waits._acknowledging(Answers(away)), (InHand(), "one")),
    ):
        with pytest.raises(RedisConnectionError):
            method(*argument)
