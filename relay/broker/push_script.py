"""The Lua script that pushes messages and moves the offset, and how it is called several times without waiting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError, ResponseError

from common.database.records import Offset, Outgoing
from relay.broker.renderer import Rendered
from relay.cycle.ports import QueueGapError

PUSH = files("relay.broker").joinpath("push.lua").read_text(encoding="utf-8")
PUSH_SHA = hashlib.sha1(PUSH.encode(), usedforsecurity=False).hexdigest()

Call = Sequence[Any]
"""Keys and arguments of one call."""


def calls_of(offset_key: str, prefix: str, after: Offset, runs: Iterable[Rendered]) -> Iterator[Call]:
    """A call for each run of rendered dispatches, each from where the one before ends.

    `prefix`: kombu's `global_keyprefix`, before the name of every list. `after`: the offset that the first one follows.
    """
    for run in runs:
        # guard: queue-follows-prefix
        yield call_of(offset_key, f"{prefix}{run.key}", after, run.dispatches, run.payloads)
        # guard: chain-in-flight
        after = run.dispatches[-1].offset


def call_of(
    offset_key: str, queue_key: str, after: Offset, dispatches: Sequence[Outgoing], payloads: Sequence[bytes]
) -> Call:
    """A call that pushes these dispatches of one epoch. `payloads`: one for each; empty: nothing is pushed for it."""
    places = [f"{dispatch.window.number}:{dispatch.seq}" for dispatch in dispatches]
    last = places[-1] if all(payloads) else ""
    epoch = dispatches[-1].window.epoch
    return [offset_key, queue_key, epoch, after.epoch, after.window, after.seq, " ".join(places), last, *payloads]


def run_calls(client: redis.Redis, calls: Iterable[Call]) -> None:
    """Send the calls, each as soon as it is made, and read the answers after the last.

    Redis works on one call while the next one is being made. Each follows the offset that the one before leaves,
    so after one that fails none has an effect. Raises QueueGapError, or what Redis answered.
    """
    made: list[Call] = []
    try:
        _send_all(client, _remembered(calls, made))
    except NoScriptError:
        # Redis has forgotten the script, as after SCRIPT FLUSH or in a new master. What it did before is skipped.
        client.script_load(PUSH)
        _send_all(client, made)


def _remembered(calls: Iterable[Call], made: list[Call]) -> Iterator[Call]:
    for call in calls:
        made.append(call)
        yield call


def _send_all(client: redis.Redis, calls: Iterable[Call]) -> None:
    connection: Any = client.connection_pool.get_connection()
    try:
        sent = 0
        for call in calls:
            connection.send_command("EVALSHA", PUSH_SHA, 2, *call)
            sent += 1
        errors = [error for error in [_answer(connection) for _ in range(sent)] if error is not None]
    except BaseException:
        # Answers that nobody read would be taken for those of the next commands.
        connection.disconnect()
        raise
    finally:
        client.connection_pool.release(connection)
    if errors:
        if str(errors[0]).startswith("GAP"):
            raise QueueGapError(f"the queue stands at {str(errors[0])[4:]}")
        raise errors[0]


def _answer(connection: Any) -> ResponseError | None:
    try:
        connection.read_response()
    except ResponseError as error:
        return error
    return None
