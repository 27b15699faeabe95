"""What Celery says of a lost connection is one line; what it says of a defect keeps its traceback."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from celery.platforms import LockFailed
from redis.exceptions import AuthenticationError, NoPermissionError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from relay.worker import log_filter as celery_logs


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the logger of Celery's requests prints, as relay has it; its filters are set back."""
    given = (celery_logs.REQUESTS, celery_logs.LOST, celery_logs.STEPS, celery_logs.WORKER)
    names = (*given, *celery_logs.UPKEEP, celery_logs.WARNINGS)
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, list(logger.filters)) for logger in loggers]
    levels = [(logging.getLogger(name), logging.getLogger(name).level) for name in celery_logs.ONLY_FOR_DEBUGGING]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers[0].addHandler(handler)
    celery_logs.quieten()
    yield stream
    loggers[0].removeHandler(handler)
    for logger, filters in before:
        logger.filters[:] = filters
    for logger, level in levels:
        logger.setLevel(level)


def _say(text: str, *values: object) -> None:
    try:
        raise ConnectionError("closed by server")
    except ConnectionError:
        logging.getLogger(celery_logs.REQUESTS).critical(text, *values, exc_info=True)


def test_a_tick_that_cannot_be_acknowledged_is_one_line(said: io.StringIO) -> None:
    _say("Couldn't ack %r, reason:%r", "a tick", "network:ConnectionError")
    assert said.getvalue() == "Couldn't ack 'a tick', reason:'network:ConnectionError'\n"


def test_anything_else_keeps_its_traceback(said: io.StringIO) -> None:
    _say("a defect")
    assert "Traceback" in said.getvalue()


@pytest.fixture
def filtered() -> Callable[[Exception], bool]:
    """Whether Celery's line about this error, at a try to connect, is seen."""
    away = celery_logs._BrokerAway()
    text = "consumer: Cannot connect to %s: %s.\n%s\n"

    def is_seen(error: Exception) -> bool:
        args = ("redis://:**@host//", error, "Trying again")
        record = logging.LogRecord(celery_logs.LOST, logging.ERROR, "consumer.py", 1, text, args, None)
        return bool(away.filter(record))

    return is_seen


def test_a_broker_that_refuses_is_told_as_relay_tells_it_once_and_so_is_one_that_is_away(
    filtered: Callable[[Exception], bool],
) -> None:
    refused, away = AuthenticationError("invalid username-password pair"), RedisConnectionError("Connection refused")
    with capture_logs() as logged:
        assert [filtered(error) for error in (away, away, refused, refused, away)] == [True, False, False, False, True]
    [line] = logged
    assert line["event"] == "configuration"
    assert line["task"] == "consume"
    assert "check user and password in BROKER_URL" in line["remedy"]


def test_what_redis_refuses_beside_messages_is_one_line_with_its_remedy(said: io.StringIO) -> None:
    """outage: a traceback every second, for as long as a right was missing."""
    stream = io.StringIO()
    with _printed_to(stream, celery_logs.UPKEEP), capture_logs() as told:
        for _ in range(3):
            for name in celery_logs.UPKEEP:
                _raise_and_log(name, NoPermissionError("this user has no permissions to run the 'evalsha' command"))
                _raise_and_log(name, ReadOnlyError("You can't write against a read only replica."))
    assert stream.getvalue() == ""
    assert [(line["event"], line["task"]) for line in told] == [("configuration", "upkeep")]
    assert "'evalsha'" in told[0]["remedy"]


def test_a_defect_of_the_upkeep_keeps_its_traceback(said: io.StringIO) -> None:
    stream = io.StringIO()
    with _printed_to(stream, celery_logs.UPKEEP):
        for name in celery_logs.UPKEEP:
            _raise_and_log(name, KeyError("a defect"))
    assert stream.getvalue().count("Traceback") == len(celery_logs.UPKEEP)


def test_celerys_next_version_is_not_announced(said: io.StringIO) -> None:
    stream = io.StringIO()
    with _printed_to(stream, [celery_logs.WARNINGS]):
        logger = logging.getLogger(celery_logs.WARNINGS)
        logger.warning("%s", "consumer.py:427: CPendingDeprecationWarning: In Celery 5.1 we introduced")
        logger.warning("%s", "driver.py:1: UserWarning: something else")
    assert stream.getvalue() == "driver.py:1: UserWarning: something else\n"


def _raise_and_log(name: str, error: Exception) -> None:
    try:
        raise error
    except type(error):
        logging.getLogger(name).warning("will retry", exc_info=True)


@contextmanager
def _printed_to(stream: io.StringIO, names: Iterable[str]) -> Iterator[None]:
    handler = logging.StreamHandler(stream)
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield
    for name in names:
        logging.getLogger(name).removeHandler(handler)


def test_a_refusal_is_left_to_relays_consumer() -> None:
    def is_seen(error: Exception) -> bool:
        record = logging.LogRecord(celery_logs.LOST, logging.WARNING, "", 1, "%s (%r)", ("lost", error), None)
        return celery_logs._BrokerAway().filter(record)

    assert not is_seen(ReadOnlyError("You can't write against a read only replica."))
    assert is_seen(RedisConnectionError("closed by server"))


@pytest.mark.parametrize(
    ("error", "is_short"),
    [(OSError(30, "Read-only file system"), True), (LockFailed("no such folder"), True), (TypeError("a bug"), False)],
)
def test_what_the_system_refuses_a_worker_is_one_line(error: Exception, is_short: bool) -> None:
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord(celery_logs.WORKER, logging.CRITICAL, "", 1, "Unrecoverable: %r", (error,), info)
    assert celery_logs._without_the_systems_traceback(record)
    assert (record.exc_info is None) is is_short
