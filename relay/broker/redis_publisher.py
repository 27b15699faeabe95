"""Publisher over Redis: exactly once. An offset kept beside the queue moves together with what is pushed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError
from typing_extensions import override

from common.batches import batches
from common.database.errors import ConfigurationError
from common.database.records import Offset, Outgoing, characters
from relay.broker.pipeline import run_calls
from relay.broker.push_script import calls_of, parse_offset
from relay.broker.redis_errors import A_CLUSTER, remedy
from relay.broker.renderer import Renderer
from relay.cycle.ports import Arrived, Publisher, QueueGapError, nobody
from relay.sources.reserved import OWN_QUEUE
from relay.sources.source import Source

CALL = 125
"""Most dispatches a call: Redis works on them while the next ones are rendered."""
CALL_CHARACTERS = 100_000
"""Most characters of arguments a call: a message holds them twice, as the task's body in base64 and as argsrepr."""


class RedisPublisher(Publisher):
    """Lua calls that are done wholly or not at all, each from where the one before ended; a retry is harmless."""

    def __init__(self, app: Celery, *, namespace: str, signals: bool = False) -> None:
        """`namespace`: Mongo's database, so that two relays on one Redis keep their offsets apart.

        `signals`: with Celery's signals and events, which takes several times as long.
        """
        self._app = app
        self._namespace = namespace
        self._renderer = Renderer(app, signals=signals)
        self._connection: Connection | None = None

    @override
    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @override
    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
        with self._client() as (client, channel):
            stored = client.mget([self._offset_key(channel, source) for source in sources])
        return {source.name: parse_offset(value) for source, value in zip(sources, stored, strict=True)}

    @override
    def publish(
        self,
        source: Source,
        *,
        after: Offset,
        dispatches: Sequence[Outgoing],
        skip_message: Collection[str] = (),
        arrived: Arrived = nobody,
    ) -> None:
        """Push the dispatches beyond the offset and move it. What is refused or fails leaves a beginning of them
        in the queue, and the offset at its end.

        Raises QueueGapError when the queue does not stand where the batch begins.
        """
        with self._client() as (client, channel):
            producer = self._app.amqp.Producer(channel, auto_declare=False)
            runs = batches(dispatches, most=CALL, heaviest=CALL_CHARACTERS, weigh=characters)
            rendered = self._renderer.render(producer, runs, skip_message)
            calls = calls_of(self._offset_key(channel, source), channel.global_keyprefix, after, rendered)
            run_calls(client, calls, arrived)

    @override
    def queue_length(self, source: Source) -> int | None:
        with self._client() as (client, channel):
            return int(client.llen(_queue_key(channel, source)))

    @override
    def discard_torn_writes(self) -> bool:
        """Have Redis rewrite its append-only file.

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
            is_new = self._connection is None
            if self._connection is None:
                self._connection = self._app.connection_for_write()
            channel: Any = self._connection.default_channel
            client = redis.Redis(connection_pool=channel.pool)
            if is_new:
                refuse_cluster(client)
            yield client, channel
        except QueueGapError:
            raise
        except OperationalError as error:
            self.close()
            cause = error.__cause__
            if isinstance(cause, RedisError) and remedy(cause):
                # Kombu's hides what Redis said.
                raise cause from None
            raise
        except BaseException:
            self.close()
            raise

    def _offset_key(self, channel: Any, source: Source) -> str:
        # guard: offset-key
        return f"{channel.global_keyprefix}relay:{self._namespace}:{source.id}:offset"


def refuse_cluster(client: redis.Redis) -> None:
    """Raise ConfigurationError when this Redis is part of a cluster: there a list and its offset need not be on the
    same server."""
    try:
        is_cluster = client.info("cluster").get("cluster_enabled")
    except ResponseError:
        # It does not let relay ask. A cluster then refuses the call that would write to both keys.
        return
    # guard: no-cluster
    if is_cluster:
        raise ConfigurationError(f"Redis: {A_CLUSTER}")


def check_rights(client: redis.Redis, prefix: str) -> None:
    """Call what a worker calls first, which changes nothing. Raises NoPermissionError where its user may not.

    `prefix`: before each key, as `global_keyprefix` says.
    """
    client.llen(f"{prefix}{OWN_QUEUE}")
    client.smembers(f"{prefix}_kombu.binding.{OWN_QUEUE}")


def _queue_key(channel: Any, source: Source) -> str:
    return f"{channel.global_keyprefix}{channel._q_for_pri(source.queue, source.priority)}"
