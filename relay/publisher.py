"""Publisher over any Celery broker: at least once, the same change always under the same task id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from celery import Celery

from common.database.records import Outgoing, Position
from relay.message import as_task
from relay.sources import Source


class BrokerPublisher:
    """Sends through kombu, in batches where the transport has them. It keeps no position."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def close(self) -> None:
        """Nothing: connections are the app's."""

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        """None for each: this broker cannot say."""
        return dict.fromkeys((source.name for source in sources), None)

    def publish(
        self, source: Source, *, after: Position, dispatches: Sequence[Outgoing], silent: Collection[str] = ()
    ) -> None:
        """Send the messages. When it raises, none, some or all of them may be in the queue.

        declare=[]: the queue belongs to its worker service; declaring it anew could contradict it.
        """
        loud = [dispatch for dispatch in dispatches if dispatch.id not in silent]
        with self._app.producer_or_acquire() as producer, producer.batch(max_size=len(dispatches)):
            for dispatch in loud:
                self._app.amqp.send_task_message(
                    producer,
                    dispatch.window.task,
                    as_task(self._app, dispatch),
                    queue=dispatch.window.queue,
                    priority=dispatch.window.priority,
                    retry=False,
                    declare=[],
                )

    def queue_length(self, source: Source) -> int | None:
        """None: this broker cannot say."""
        return None

    def discard_torn_writes(self) -> bool:
        """True: what this broker lost relay never learns, so nothing has to be done about it."""
        return True
