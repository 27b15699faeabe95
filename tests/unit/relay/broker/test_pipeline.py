"""Calls on their way, against a server that answers what the test says, over a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, ResponseError
from sandbox.waiting import wait_until

from common.database.records import NOWHERE, Offset
from relay.broker.pipeline import IN_FLIGHT_BYTES, run_calls
from relay.broker.push_script import Call, call_of
from relay.cycle.ports import QueueGapError
from tests.support.samples import a_dispatch, an_offset
from tests.support.scripted_redis import DONE, OK, Answer, Command, ScriptedRedis, answers_in_turn

GAP_AT_0 = b"-GAP 1:0:epoch\r\n"
GAP_AT_NOTHING = b"-GAP nothing\r\n"
GAP_IN_ANOTHER_EPOCH = b"-GAP 1:1:other\r\n"
OOM = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
NO_SCRIPT = b"-NOSCRIPT No matching script.\r\n"
HEALTH_SECONDS = 0.05


def a_call(number: int, size: int = 10) -> Call:
    """The call for dispatch `number`, with a message of this size."""
    after = an_offset(number - 1) if number else NOWHERE
    return call_of("offset", "queue", after, [a_dispatch(number)], [b"x" * size])


def calls(count: int, size: int = 10) -> list[Call]:
    return [a_call(number, size) for number in range(count)]


@contextmanager
def client_of(server: ScriptedRedis, *, socket_timeout: float = 5) -> Iterator[redis.Redis]:
    pool = redis.ConnectionPool(
        host="127.0.0.1", port=server.port, health_check_interval=HEALTH_SECONDS, socket_timeout=socket_timeout
    )
    with server.running(), redis.Redis(connection_pool=pool) as client:
        yield client
        pool.disconnect()


def _wait(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, message="time passes")


def outcome(answer: Answer, batch: Sequence[Call]) -> tuple[Exception | None, list[int]]:
    """What `run_calls` raises, and what it has told."""
    with client_of(ScriptedRedis(answer, waits_until_idle=True)) as client:
        return run(client, batch)


def run(client: redis.Redis, batch: Iterable[Call]) -> tuple[Exception | None, list[int]]:
    told: list[int] = []
    try:
        run_calls(client, batch, told.append)
    except Exception as error:
        return error, told
    return None, told


def test_each_answer_tells_how_many_dispatches_arrived() -> None:
    several = call_of("offset", "queue", an_offset(0), [a_dispatch(1), a_dispatch(2)], [b"x", b"y"])
    assert outcome(lambda _: DONE, [a_call(0), several]) == (None, [1, 3])


@pytest.mark.parametrize(
    "answers",
    [
        [GAP_AT_NOTHING, GAP_AT_NOTHING, GAP_AT_NOTHING, GAP_AT_NOTHING],
        [DONE, DONE, GAP_AT_0, GAP_AT_0],
        [DONE, DONE, GAP_AT_0, None],
        [DONE, DONE, OOM, GAP_AT_0],
        [DONE, OOM, GAP_AT_NOTHING, None],
        [DONE, OOM, OOM, GAP_AT_NOTHING],
        [DONE, OOM, GAP_IN_ANOTHER_EPOCH, GAP_IN_ANOTHER_EPOCH],
        [DONE, DONE, NO_SCRIPT, GAP_AT_NOTHING],
    ],
)
def test_a_gap_answered_to_any_call_is_a_gap(answers: list[bytes | None]) -> None:
    error, told = outcome(answers_in_turn(answers), calls(4))
    assert isinstance(error, QueueGapError)
    assert told == list(range(1, answers.index(DONE) + answers.count(DONE) + 1 if DONE in answers else 1))


@pytest.mark.parametrize(
    "answers",
    [[DONE, OOM, GAP_AT_0, GAP_AT_0], [DONE, OOM, OOM, None], [DONE, OOM, None]],
    ids=["which the calls behind it then meet", "again", "and hangs up"],
)
def test_a_refusal_is_no_gap(answers: list[bytes | None]) -> None:
    error, told = outcome(answers_in_turn(answers), calls(4))
    assert isinstance(error, OutOfMemoryError)
    assert told == [1]


def test_a_refusal_of_the_first_call_of_an_epoch_is_no_gap() -> None:
    answers = [OOM, GAP_AT_NOTHING, GAP_AT_NOTHING, GAP_AT_NOTHING]
    assert isinstance(outcome(answers_in_turn(answers), calls(4))[0], OutOfMemoryError)


def test_what_was_answered_before_the_connection_ended_has_arrived() -> None:
    error, told = outcome(answers_in_turn([DONE, DONE, None]), calls(4))
    assert isinstance(error, RedisConnectionError)
    assert told == [1, 2]


class Forgetful:
    """It forgets its scripts before the commands of these numbers; what is not there it cannot run."""

    def __init__(self, *before: int) -> None:
        self._before = before
        self._count = 0
        self._knows = True
        self.done: list[bytes] = []

    def __call__(self, command: Command) -> bytes:
        if self._count in self._before:
            self._knows = False
        self._count += 1
        if command[0] == b"SCRIPT":
            self._knows = True
            return OK
        if not self._knows:
            return NO_SCRIPT
        self.done.append(command[9])
        return DONE


@pytest.mark.parametrize("before", [(0,), (2,), (3,), (2, 7)], ids=["at first", "in between", "at last", "twice"])
def test_a_script_that_is_forgotten_in_the_midst_of_a_batch_is_told_again(before: tuple[int, ...]) -> None:
    server = Forgetful(*before)
    assert outcome(server, calls(4)) == (None, [1, 2, 3, 4])
    assert server.done == [b"1:0", b"1:1", b"1:2", b"1:3"]


def test_a_script_that_does_not_stay_is_an_error() -> None:
    def answer(command: Command) -> bytes:
        return OK if command[0] == b"SCRIPT" else NO_SCRIPT

    assert isinstance(outcome(answer, calls(2))[0], NoScriptError)


def test_what_cannot_be_made_ends_the_batch_behind_what_was_sent() -> None:
    def broken() -> Iterator[Call]:
        yield from calls(2)
        raise ValueError("no JSON")

    told: list[int] = []
    with client_of(ScriptedRedis(lambda _: DONE)) as client, pytest.raises(ValueError, match="no JSON"):
        run_calls(client, broken(), told.append)
    assert told == [1, 2]


def test_no_ping_is_sent_between_calls_however_long_they_take() -> None:
    silent_until = threading.Event()

    def answer(_: Command) -> bytes:
        silent_until.wait(5)
        return DONE

    server = ScriptedRedis(answer)
    with client_of(server) as client:
        run(client, [])

        def slowly() -> Iterator[Call]:
            for call in calls(3):
                yield call
                _wait(2 * HEALTH_SECONDS)
            silent_until.set()

        assert run(client, slowly()) == (None, [1, 2, 3])
    in_batch = [command[0] for command in server.commands]
    assert b"PING" not in in_batch[in_batch.index(b"EVALSHA") :]


def test_a_connection_that_was_idle_is_asked_whether_it_lives_before_a_batch() -> None:
    server = ScriptedRedis(lambda _: DONE)
    with client_of(server) as client:
        run_calls(client, calls(1), lambda _: None)
        _wait(2 * HEALTH_SECONDS)
        run_calls(client, calls(1), lambda _: None)
    assert [command[0] for command in server.commands][-2:] == [b"PING", b"EVALSHA"]


@pytest.mark.parametrize(("count", "size"), [(300, 20_000), (20, 700_000), (4, 3_000_000)])
def test_bytes_on_their_way_are_bounded(count: int, size: int) -> None:
    server, told = ScriptedRedis(lambda _: DONE, waits_until_idle=True), list[int]()
    with client_of(server) as client:
        run_calls(client, calls(count, size), told.append)
    assert told[-1] == count
    assert server.most_unanswered <= max(IN_FLIGHT_BYTES, size) * 1.05


def test_a_large_message_is_sent_when_all_before_it_is_answered() -> None:
    """The server hangs up on it: that must not take the answers of the others with it."""
    large = a_call(3, size=2_000_000)
    error, told = outcome(lambda command: None if len(command[-1]) > 1_000_000 else DONE, [*calls(3), large])
    assert isinstance(error, RedisConnectionError)
    assert told == [1, 2, 3]


def test_a_slow_link_has_its_time() -> None:
    """The socket's timeout is far below what the call takes, sent and answered."""

    class SlowRedis(ScriptedRedis):
        def received(self, data: bytes) -> None:
            _wait(len(data) / 4_000_000)

    server, told = SlowRedis(lambda _: DONE), list[int]()
    with client_of(server, socket_timeout=0.3) as client:
        run_calls(client, calls(2, 3_000_000), told.append)
    assert told == [1, 2]


def test_where_the_queue_stands_is_said_of_a_gap() -> None:
    error, _ = outcome(answers_in_turn([GAP_AT_0, GAP_AT_0]), [a_call(2), a_call(3)])
    assert str(error) == "the queue stands at 1:0:epoch"
    assert isinstance(error.__cause__ if error else None, ResponseError)


def test_the_place_that_counts_is_where_the_refused_call_begins() -> None:
    beyond = Offset(epoch="epoch", window=1, seq=7)
    call = call_of("offset", "queue", beyond, [a_dispatch(8)], [b"x"])
    assert isinstance(outcome(answers_in_turn([OOM, GAP_AT_0]), [call, call])[0], QueueGapError)
