"""Publisher over Redis: exactly once. A position kept beside the queue moves together with what is pushed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from celery import Celery
from kombu.connection import Connection
from redis.exceptions import ResponseError

from common.database.records import NOWHERE, Position
from relay.message import RedisMessage
from relay.ports import Item, QueueGapError
from relay.rendering import Renderer
from relay.sources import Source

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


class RedisPublisher:
    """One Lua call a batch, all or nothing; a retry of it is harmless."""

    def __init__(self, app: Celery, *, namespace: str, signals: bool = False) -> None:
        """`namespace`: Mongo's database, so that two relays on one Redis keep their positions apart.

        `signals`: with Celery's signals and events, which takes several times as long.
        """
        self._app = app
        self._namespace = namespace
        self._renderer = Renderer(app, signals=signals)
        self._connection: Connection | None = None

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        """Where each source's queue stands, in one round trip."""
        with self._client() as (client, channel):
            stored = client.mget([self._position_key(channel, source) for source in sources])
        return {source.name: _parse(value) for source, value in zip(sources, stored, strict=True)}

    def publish(self, source: Source, *, after: Position, items: Sequence[Item]) -> None:
        """Push the items beyond the position and move it, in one atomic call a run of items for the same list.

        Raises QueueGapError when the queue does not stand where the batch begins.
        """
        with self._client() as (client, channel):
            producer = self._app.amqp.Producer(channel, auto_declare=False)
            rendered = [
                (position, None if dispatch is None else self._renderer.render(producer, dispatch))
                for position, dispatch in items
            ]
            script = client.register_script(PUBLISH)
            position_key = self._position_key(channel, source)
            for queue_key, run in _runs(rendered, otherwise=_queue_key(channel, source)):
                try:
                    script(keys=[position_key, queue_key], args=_arguments(after, run))
                except ResponseError as error:
                    if str(error).startswith("GAP"):
                        raise QueueGapError(f"the queue of {source.name} stands at {str(error)[4:]}") from None
                    raise
                after = run[-1][0]

    def queue_length(self, source: Source) -> int | None:
        """Messages waiting in the source's list."""
        with self._client() as (client, channel):
            return int(client.llen(_queue_key(channel, source)))

    def discard_torn_writes(self) -> bool:
        """Have Redis write its append-only file anew.

        A file that was cut off within a batch keeps the batch's beginning when it is loaded, without doing it; what
        is pushed next stands behind that beginning, and at the start after it Redis does both. Found with Redis
        7.0.15 (tests/integration/relay/test_redis_losses.py).
        """
        with self._client() as (client, _):
            try:
                if client.info("persistence").get("aof_enabled"):
                    client.bgrewriteaof()
            except ResponseError as error:
                return "in progress" in str(error)
        return True

    @contextmanager
    def _client(self) -> Iterator[tuple[redis.Redis, Any]]:
        """A plain client on kombu's pool, which carries TLS, Sentinel and credentials, and retries nothing.

        The connection is kept, and given up after any error.
        """
        try:
            if self._connection is None:
                self._connection = self._app.connection_for_write()
            channel: Any = self._connection.default_channel
            yield redis.Redis(connection_pool=channel.pool), channel
        except QueueGapError:
            raise
        except BaseException:
            self.close()
            raise

    def _position_key(self, channel: Any, source: Source) -> str:
        return f"{channel.global_keyprefix}relay:{self._namespace}:{source.id}:position"


def _queue_key(channel: Any, source: Source) -> str:
    return f"{channel.global_keyprefix}{channel._q_for_pri(source.queue, source.priority)}"


Rendered = tuple[Position, RedisMessage | None]
Run = list[tuple[Position, bytes]]


def _runs(items: Sequence[Rendered], *, otherwise: str) -> Iterator[tuple[str, Run]]:
    """The items, cut where the list changes: one source's rows differ in it only after its queue was changed.

    An item without a message only moves the position: it belongs to whatever run it stands in.
    """
    key: str | None = None
    run: Run = []
    for position, message in items:
        if key is not None and message is not None and message.key != key:
            yield key, run
            run = []
        key = key if message is None else message.key
        run.append((position, b"" if message is None else message.payload))
    yield key or otherwise, run


def _arguments(after: Position, run: Run) -> list[Any]:
    """What PUBLISH takes as ARGV."""
    places = [f"{position.number}:{position.seq}" for position, _ in run]
    payloads = [payload for _, payload in run]
    last = places[-1] if all(payloads) else ""
    return [run[-1][0].life, after.life, after.number, after.seq, " ".join(places), last, *payloads]


def _parse(stored: bytes | str | None) -> Position:
    if stored is None:
        return NOWHERE
    text = stored.decode() if isinstance(stored, bytes) else stored
    number, seq, life = text.split(":", 2)
    return Position(life=life, number=int(number), seq=int(seq))
