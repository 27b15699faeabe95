"""Publisher over RabbitMQ: at least once. What it returns from, RabbitMQ has confirmed."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from amqp import exceptions as amqp_errors
from celery import Celery
from kombu.connection import Connection
from kombu.messaging import Producer
from typing_extensions import override

from common.batches import batches
from common.database.errors import ConfigurationError
from common.database.records import Offset, Outgoing, characters
from relay.broker.confirms import ConfirmingChannel
from relay.broker.message import as_task
from relay.broker.rabbitmq_errors import NotConfirmedError, QueueRefusesError, remedy
from relay.broker.settings import TIMEOUT_SECONDS
from relay.cycle.ports import Arrived, Publisher, nobody
from relay.sources.source import Source

IN_FLIGHT = 250
"""Messages that are sent before their confirmations are waited for: a queue that takes none gets no more."""
IN_FLIGHT_CHARACTERS = 1_000_000
"""Most characters of their arguments: what is larger is sent when all before it is confirmed."""

LONGEST_REPR = 1024
"""Characters of argsrepr, as Celery's own. It is a header, and all headers have to fit into one frame: RabbitMQ closes
the connection (501) when they take more than its frame_max, 128 KiB."""


class RabbitMQPublisher(Publisher):
    """Sends through kombu, with Celery's signals, into queues that others have declared."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None
        self._channel: ConfirmingChannel | None = None
        self._confirmed: dict[str, set[str]] = {}

    @override
    def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.close()

    @override
    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
        """None for each: this broker cannot say."""
        return dict.fromkeys((source.name for source in sources), None)

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
        """Send the messages, and wait until RabbitMQ has confirmed each.

        Raises ConfigurationError when a queue is not there or may not be written to, QueueRefusesError when it takes
        no more, BlockedError when RabbitMQ takes nothing from anybody, NotConfirmedError when it went away: a part of
        the batch may then be in the queue. What was confirmed of it this object remembers, and leaves out when the
        batch comes again.
        """
        done = self._confirmed.setdefault(source.name, set())
        progress = ConfirmedProgress(dispatches, done, skip_message, arrived)
        # guard: confirmed-left-out
        loud = [dispatch for dispatch in dispatches if dispatch.id not in skip_message and dispatch.id not in done]
        for some in batches(loud, most=IN_FLIGHT, heaviest=IN_FLIGHT_CHARACTERS, weigh=characters):
            try:
                self._send(source, some, done)
            finally:
                progress.tell()
        done.clear()

    def _send(self, source: Source, dispatches: Sequence[Outgoing], done: set[str]) -> None:
        """Send them and wait. `done` gets the ids of those that are in their queue, also when it raises."""
        queues = ", ".join(sorted({dispatch.window.queue for dispatch in dispatches}))
        with self._connected(source, queues) as connection:
            channel = self._confirming(connection)
            try:
                producer = Producer(channel, auto_declare=False)
                for dispatch in dispatches:
                    self._publish(producer, dispatch)
                channel.wait()
            except (amqp_errors.AMQPError, OSError) as error:
                if remedy(error):
                    raise
                raise NotConfirmedError(
                    f"queue {queues}: RabbitMQ did not confirm {channel.waiting} of {len(dispatches)} messages"
                    f" ({' '.join(str(error).split()) or type(error).__name__}); they are sent again"
                ) from error
            finally:
                done |= channel.confirmed
            _check_answers(channel, source, queues)

    def _publish(self, producer: Producer, dispatch: Outgoing) -> None:
        """declare=[]: the queue belongs to its worker service; our declaration could contradict the existing one."""
        with_event = self._app.conf.task_send_sent_event
        self._app.amqp.send_task_message(
            producer,
            dispatch.window.task,
            as_task(self._app, dispatch, sent_event=with_event, longest_repr=LONGEST_REPR),  # guard: headers-fit
            queue=dispatch.window.queue,
            priority=dispatch.window.priority,
            retry=False,
            declare=[],
        )

    @override
    def queue_length(self, source: Source) -> int | None:
        with self._connected(source, source.queue) as connection:
            channel = connection.channel()
            try:
                length = int(channel.queue_declare(source.queue, passive=True).message_count)
            except (amqp_errors.NotFound, amqp_errors.AccessRefused):
                # RabbitMQ has closed the channel with it.
                return None
            channel.close()
            return length

    @override
    def discard_torn_writes(self) -> bool:
        """True: relay never learns what this broker lost, so there is nothing to do about it."""
        return True

    @contextmanager
    def _connected(self, source: Source, queues: str) -> Iterator[Connection]:
        """The connection, which is kept, and given up after any error; none of its calls waits for ever."""
        try:
            if self._connection is None:
                self._connection = self._app.connection_for_write()
                self._connection.default_channel  # noqa: B018 - connects as kombu's own producers do, with failover
                self._connection.connection.transport.sock.settimeout(TIMEOUT_SECONDS)
            yield self._connection
        except (amqp_errors.AMQPError, OSError) as error:
            self._give_up()
            if fix := remedy(error):
                raise ConfigurationError(f"source {source.name}: queue {queues}: RabbitMQ: {fix}") from error
            raise NotConfirmedError(
                f"queue {queues}: RabbitMQ: {type(error).__name__}: {' '.join(str(error).split())}"
            ) from error
        except BaseException:
            self._give_up()
            raise

    def _confirming(self, connection: Connection) -> ConfirmingChannel:
        if self._channel is None:
            channel = ConfirmingChannel(connection.channel())
            # guard: broker-takes-messages
            channel.check_takes_messages()
            self._channel = channel
        self._channel.confirmed.clear()
        return self._channel

    def _give_up(self) -> None:
        """Drop the connection without a goodbye: the broker may not be reading."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.collect()


class ConfirmedProgress:
    """How many dispatches from a batch's beginning are confirmed, or have no message to send."""

    def __init__(
        self, dispatches: Sequence[Outgoing], done: Collection[str], skip_message: Collection[str], arrived: Arrived
    ) -> None:
        self._dispatches = dispatches
        self._done = done
        self._skip_message = skip_message
        self._arrived = arrived
        self._count = 0

    def tell(self) -> None:
        """Tell `arrived`, when it is more than before."""
        rest = itertools.islice(self._dispatches, self._count, None)
        # guard: confirmed-from-the-beginning
        more = sum(1 for _ in itertools.takewhile(self._is_over, rest))
        self._count += more
        if more:
            self._arrived(self._count)

    def _is_over(self, dispatch: Outgoing) -> bool:
        return dispatch.id in self._done or dispatch.id in self._skip_message


def _check_answers(channel: ConfirmingChannel, source: Source, queues: str) -> None:
    if channel.without_queue:
        absent = ", ".join(sorted(channel.without_queue))
        raise ConfigurationError(
            f"source {source.name}: RabbitMQ has no queue {absent}: start its worker service once, or declare the queue"
        )
    # guard: refusals
    if channel.refused:
        raise QueueRefusesError(
            f"queue {queues} refused {len(channel.refused)} messages, as one does that is full (a length limit with"
            " overflow reject-publish): see that its worker services run; relay goes on by itself"
        )
