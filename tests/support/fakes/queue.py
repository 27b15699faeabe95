"""The queues: one that keeps its offset as Redis does, and one that does not."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from typing_extensions import override

from common.database.records import NOWHERE, Dispatch, Offset, Outgoing
from relay.cycle.ports import Arrived, Publisher, QueueGapError, nobody
from relay.sources.source import Source


class FakeQueue(Publisher):
    """Redis: a list, and beside it the offset of what was pushed last."""

    def __init__(self) -> None:
        self.pushed: list[Dispatch] = []
        self.offset: Offset = NOWHERE
        self.waiting: int | None = None
        """What `queue_length` says; None: everything that was ever pushed."""

    @override
    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
        return {source.name: self.offset for source in sources}

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
        epoch = dispatches[-1].window.epoch
        ours = self.offset.epoch == epoch
        if ours and after.epoch == epoch and after.place > self.offset.place:
            raise QueueGapError
        if not ours and after != self.offset:
            raise QueueGapError
        for count, dispatch in enumerate(dispatches, 1):
            if not ours or dispatch.offset.place > self.offset.place:
                message = _whole(dispatch)
                self.offset, ours = dispatch.offset, True
                if dispatch.id not in skip_message:
                    self.pushed.append(message)
            arrived(count)

    @override
    def queue_length(self, source: Source) -> int | None:
        return len(self.pushed) if self.waiting is None else self.waiting

    @override
    def discard_torn_writes(self) -> bool:
        return True

    @override
    def close(self) -> None:
        pass


class CutOffError(ConnectionError):
    """The connection to the queue has ended in the midst of a batch."""


class CutQueue(FakeQueue):
    """A queue whose connection ends in the midst of the next batch, where a test says so."""

    cut: tuple[int, int] | None = None
    """After how many dispatches it is cut off, and for how many of these it has answered; None: it is not."""

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
        done, answered = self.cut or (len(dispatches), len(dispatches))

        def told(count: int) -> None:
            if count <= answered:
                arrived(count)

        if dispatches[:done]:
            super().publish(source, after=after, dispatches=dispatches[:done], skip_message=skip_message, arrived=told)
        if self.cut is not None:
            self.cut = None
            raise CutOffError


class FakeBroker(Publisher):
    """RabbitMQ: it keeps no offset, and takes what it is given."""

    def __init__(self) -> None:
        self.pushed: list[Dispatch] = []

    @override
    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
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
        for count, dispatch in enumerate(dispatches, 1):
            if dispatch.id not in skip_message:
                self.pushed.append(_whole(dispatch))
            arrived(count)

    @override
    def queue_length(self, source: Source) -> int | None:
        return sum(dispatch.window.queue == source.queue for dispatch in self.pushed)

    @override
    def discard_torn_writes(self) -> bool:
        return True

    @override
    def close(self) -> None:
        pass


def _whole(dispatch: Outgoing) -> Dispatch:
    """The fake of the journal gives whole dispatches, so that tests can ask whose row was pushed."""
    assert isinstance(dispatch, Dispatch)
    # As a message is rendered: raises for what is no JSON.
    json.loads(dispatch.args)
    return dispatch
