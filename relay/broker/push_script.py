"""The Lua script that pushes messages and moves the position, and how it is called several times without waiting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import redis
from redis.exceptions import NoScriptError, ResponseError

from common.database.records import Outgoing, Position
from relay.cycle.ports import QueueGapError

# KEYS: position, queue. ARGV: life, then (life, number, seq) of `after`, then `number:seq` of all items in a row, the
# last of these alone where every item has a message (else nothing), then a payload an item; an empty one only moves
# the position. A stored position of the same life: refused when `after` lies beyond it, otherwise items up to it are
# skipped. Of another life, or none: taken only when `after` is exactly that position. Only the last item's position
# is stored. Positions rise from item to item: where the first is new, all are. unpack takes about 1,000 values.
PUBLISH = """
local stored = redis.call('GET', KEYS[1])
local life, number, seq = '', 0, -1
if stored then
  local n, s, l = string.match(stored, '^(%d+):(-?%d+):(.*)$')
  life, number, seq = l, tonumber(n), tonumber(s)
end
local function beyond(a, b, c, d) return a > c or (a == c and b > d) end
local after_life, after_number, after_seq = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local ours = life == ARGV[1]
if ours then
  if after_life == life and beyond(after_number, after_seq, number, seq) then
    return redis.error_reply('GAP ' .. stored)
  end
elseif after_life ~= life or after_number ~= number or after_seq ~= seq then
  return redis.error_reply('GAP ' .. (stored or 'nothing'))
end
local messages, from, last = {}, 1, nil
local first_number, first_seq = string.match(ARGV[5], '^(%d+):(-?%d+)')
if ARGV[6] ~= '' and (not ours or beyond(tonumber(first_number), tonumber(first_seq), number, seq)) then
  messages, from, last = ARGV, 7, ARGV[6] .. ':' .. ARGV[1]
else
  local i = 6
  for n, s in string.gmatch(ARGV[5], '(%d+):(-?%d+)') do
    i = i + 1
    if not ours or beyond(tonumber(n), tonumber(s), number, seq) then
      last = n .. ':' .. s .. ':' .. ARGV[1]
      if ARGV[i] ~= '' then messages[#messages + 1] = ARGV[i] end
    end
  end
end
for i = from, #messages, 1000 do
  redis.call('LPUSH', KEYS[2], unpack(messages, i, math.min(i + 999, #messages)))
end
if last then redis.call('SET', KEYS[1], last) end
return #messages - from + 1
"""
PUBLISH_SHA = hashlib.sha1(PUBLISH.encode(), usedforsecurity=False).hexdigest()

Call = Sequence[Any]
"""Keys and arguments of one call."""


def call_of(
    position_key: str, queue_key: str, after: Position, dispatches: Sequence[Outgoing], payloads: Sequence[bytes]
) -> Call:
    """A call that pushes these dispatches of one life. `payloads`: one for each; empty: nothing is pushed for it."""
    places = [f"{dispatch.window.number}:{dispatch.seq}" for dispatch in dispatches]
    last = places[-1] if all(payloads) else ""
    life = dispatches[-1].window.life
    return [position_key, queue_key, life, after.life, after.number, after.seq, " ".join(places), last, *payloads]


def run_calls(client: redis.Redis, calls: Callable[[], Iterator[Call]]) -> None:
    """Send the calls, each as soon as it is made, and read the answers after the last.

    Redis works on one call while the next one is being made. Each follows the position that the one before leaves,
    so after one that fails none has an effect. `calls` is asked a second time when Redis does not know the script.
    Raises QueueGapError, or what Redis answered.
    """
    try:
        _send_all(client, calls())
    except NoScriptError:
        client.script_load(PUBLISH)
        _send_all(client, calls())


def _send_all(client: redis.Redis, calls: Iterator[Call]) -> None:
    connection: Any = client.connection_pool.get_connection()
    try:
        sent = 0
        for call in calls:
            connection.send_command("EVALSHA", PUBLISH_SHA, 2, *call)
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
