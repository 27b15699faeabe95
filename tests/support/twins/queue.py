"""The queues: one that keeps its position as Redis does, and one that does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from common.database.records import NOWHERE, Dispatch, Outgoing, Position
from relay.cycle.ports import QueueGapError
from relay.sources.source import Source


class TwinQueue:
    """Redis: a list, and beside it the position of what was pushed last."""

    def __init__(self) -> None:
        self.pushed: list[Dispatch] = []
        self.position: Position = NOWHERE
        self.waiting: int | None = None
        """What `queue_length` says; None: everything that was ever pushed."""

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        return {source.name: self.position for source in sources}

    def publish(
        self, source: Source, *, after: Position, dispatches: Sequence[Outgoing], silent: Collection[str] = ()
    ) -> None:
        life = dispatches[-1].window.life
        ours = self.position.life == life
        if ours and after.life == life and after.place > self.position.place:
            raise QueueGapError
        if not ours and after != self.position:
            raise QueueGapError
        for dispatch in dispatches:
            if not ours or dispatch.position.place > self.position.place:
                self.position, ours = dispatch.position, True
                if dispatch.id not in silent:
                    self.pushed.append(_whole(dispatch))

    def queue_length(self, source: Source) -> int | None:
        return len(self.pushed) if self.waiting is None else self.waiting

    def discard_torn_writes(self) -> bool:
        return True

    def close(self) -> None:
        pass


class TwinBroker:
    """RabbitMQ: it keeps no position, and takes what it is given."""

    def __init__(self) -> None:
        self.pushed: list[Dispatch] = []

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        return dict.fromkeys((source.name for source in sources), None)

    def publish(
        self, source: Source, *, after: Position, dispatches: Sequence[Outgoing], silent: Collection[str] = ()
    ) -> None:
        self.pushed += [_whole(dispatch) for dispatch in dispatches if dispatch.id not in silent]

    def queue_length(self, source: Source) -> int | None:
        return sum(dispatch.window.queue == source.queue for dispatch in self.pushed)

    def discard_torn_writes(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _whole(dispatch: Outgoing) -> Dispatch:
    """The twin of the journal gives whole dispatches, so that tests can ask whose row was pushed."""
    assert isinstance(dispatch, Dispatch)
    return dispatch
