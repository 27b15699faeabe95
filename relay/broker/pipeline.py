"""Calls of the push script on one connection, several of them on their way at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from common.database.records import NOWHERE, Offset
from relay.broker.message_size import refusal_of_size
from relay.broker.push_script import PUSH, PUSH_SHA, Call, parse_offset
from relay.cycle.ports import Arrived, QueueGapError

IN_FLIGHT_BYTES = 1_000_000
"""Bytes of messages that Redis has not answered for. A call that is larger is sent when all those before it are
answered: a server that takes no such message (`proto-max-bulk-len`, 1 MB or more) hangs up, and what came before it
is known to be in the queue."""
PIECE = 262_144
"""Bytes sent at a time. The socket's timeout is for each: a slow link has its time however large a call is."""
SLOWEST = 100_000
"""Bytes a second of the slowest link that is waited for: what the kernel has taken may still be on its way."""

_GAP = "GAP "


def run_calls(client: redis.Redis, calls: Iterable[Call], arrived: Arrived) -> None:
    """Send the calls, each as soon as it is made, and read the answers when there are some, or too much is unanswered.

    Redis works on one call while the next one is being made. Each follows the offset that the one before leaves,
    so after one that fails none has an effect. `arrived` has been told of all that was answered when this raises:
    QueueGapError, what Redis answered, what became of the connection, or what making a call raises.
    """
    connection: Any = client.connection_pool.get_connection()
    pipeline = Pipeline(connection, arrived)
    try:
        # Here or never: in a batch the answer to a call would be taken for that to PING.
        connection.check_health()
        for call in _made(calls, pipeline):
            pipeline.send(call)
        pipeline.finish()
    except RedisConnectionError as error:
        connection.disconnect()
        # guard: hung-up-for-its-size
        if refusal := refusal_of_size(client, pipeline.largest):
            raise refusal from error
        raise
    except BaseException:
        # Answers that nobody read would be taken for those of the next commands.
        connection.disconnect()
        raise
    finally:
        client.connection_pool.release(connection)


def _made(calls: Iterable[Call], pipeline: Pipeline) -> Iterator[Call]:
    try:
        yield from calls
    except Exception:
        # A dispatch that cannot be rendered. Those before it are in the queue.
        pipeline.finish()
        raise


class Pipeline:
    """One batch's calls, in order. After an error the connection must be given up."""

    def __init__(self, connection: Any, arrived: Arrived) -> None:
        """`connection`: one of redis-py's, with nothing on its way."""
        self._connection = connection
        self._arrived = arrived
        self._unanswered: deque[Call] = deque()
        self._bytes = 0
        self._count = 0
        """Dispatches whose calls were answered."""
        self._loaded_for: Call | None = None
        """The call that found the script missing last."""

    def send(self, call: Call) -> None:
        """Send it, when there is room for it. Raises as `run_calls` does."""
        # guard: bytes-in-flight
        while self._unanswered and (self._bytes + call.size > IN_FLIGHT_BYTES or self._connection.can_read()):
            self._take_answer()
        self._unanswered.append(call)
        self._bytes += call.size
        self._write(call)

    def finish(self) -> None:
        """Wait until everything is answered. Raises as `run_calls` does."""
        while self._unanswered:
            self._take_answer()

    @property
    def largest(self) -> int:
        """Bytes of the largest message on its way."""
        return max((call.largest for call in self._unanswered), default=0)

    def _write(self, call: Call) -> None:
        for packed in self._connection.pack_command("EVALSHA", PUSH_SHA, 2, *call.arguments):
            view = memoryview(packed)
            for start in range(0, len(view), PIECE):
                # guard: no-ping-in-batch
                self._connection.send_packed_command([view[start : start + PIECE]], check_health=False)

    def _take_answer(self) -> None:
        error = self._answer()
        if error is not None:
            self._refused(error)
            return
        call = self._unanswered.popleft()
        self._bytes -= call.size
        self._count += call.count
        self._arrived(self._count)

    def _answer(self) -> ResponseError | None:
        """To the first that is unanswered; None: it is done."""
        try:
            self._connection.read_response(timeout=self._connection.socket_timeout + self._bytes / SLOWEST)
        except ResponseError as error:
            return error
        return None

    def _refused(self, error: ResponseError) -> None:
        """The first of those that are unanswered was refused, and none after it has an effect."""
        after = self._unanswered[0].after
        # guard: any-gap
        if gap := _gap_among([error, *self._further_answers()], after):
            raise QueueGapError(f"the queue stands at {gap}") from error
        if not isinstance(error, NoScriptError) or self._loaded_for is self._unanswered[0]:
            raise error
        # Redis has forgotten the script, as after SCRIPT FLUSH or in a new master.
        self._loaded_for = self._unanswered[0]
        self._connection.send_command("SCRIPT LOAD", PUSH, check_health=False)
        self._connection.read_response()
        for call in self._unanswered:
            self._write(call)

    def _further_answers(self) -> Iterator[ResponseError]:
        """The errors among the answers to all but the first call, as far as they come."""
        for _ in range(len(self._unanswered) - 1):
            try:
                error = self._answer()
            except RedisError:
                return
            if error is not None:
                yield error


def _gap_among(errors: Sequence[ResponseError], after: Offset) -> str | None:
    """Where the queue stands, as Redis says, if the first call was refused for that or the queue has lost what was
    there: a call behind one that was refused finds a gap in any case. `after`: what the first call follows."""
    for number, error in enumerate(errors):
        if not (text := str(error)).startswith(_GAP):
            continue
        stored = text.removeprefix(_GAP)
        offset = NOWHERE if stored == "nothing" else parse_offset(stored)
        if number == 0 or not _holds(offset, after):
            return stored
    return None


def _holds(offset: Offset, after: Offset) -> bool:
    """Whether a queue that stands at `offset` still has what lies before a call that follows `after`."""
    return offset == after or (offset.epoch == after.epoch and offset.place >= after.place)
