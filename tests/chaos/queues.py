"""The queues, looked at without taking anything: pushes are counted, not deliveries."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from examples.pharmacy.documents import KINDS, DocumentKind
from tests.chaos.ledger import Push, RowKey

NEWEST = 500
"""Messages at the head of a queue that are read where only what is new is of interest."""


@dataclass
class Queues:
    """Reads what is new at every look, and everything at the end."""

    client: redis.Redis
    taken: dict[str, Push] = field(default_factory=dict)
    """By task id, what the worker services took; Redis may lose it afterwards."""
    _seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def new(self) -> list[Push]:
        """What was pushed since the last look. The list's end is its oldest, so the new ones are at its head."""
        found = []
        for kind in KINDS:
            length = int(self.client.llen(kind.queue))
            if length < self._seen[kind.name]:
                # Redis lost its end: what stands there in its place is looked at again.
                self._seen[kind.name] = 0
            count = length - self._seen[kind.name]
            if count:
                found += _pushes(kind, self.client.lrange(kind.queue, -length, -length + count - 1))
            self._seen[kind.name] = length
        return found

    def length(self, kinds: Sequence[DocumentKind] = KINDS) -> int:
        """Messages that wait."""
        return sum(int(self.client.llen(kind.queue)) for kind in kinds)

    def look_again(self) -> None:
        """Begin at the beginning with the next look: Redis has lost what it held, or some of it."""
        self._seen.clear()

    def take(self, push: Push) -> None:
        """A worker service has it."""
        self.taken[push.task_id] = push

    def everything(self) -> dict[RowKey, list[Push]]:
        """What was pushed for each row: what is in the queues, and what was taken that Redis lost."""
        pushed: dict[RowKey, list[Push]] = defaultdict(list)
        for kind in KINDS:
            for push in _pushes(kind, self.client.lrange(kind.queue, 0, -1)):
                pushed[push.key].append(push)
        for push in list(self.taken.values()):
            if push.task_id not in [other.task_id for other in pushed[push.key]]:
                pushed[push.key].append(push)
        return pushed

    def newest(self) -> list[Push]:
        """What was pushed last: enough to see, soon after, whether something is there."""
        return [push for kind in KINDS for push in _pushes(kind, self.client.lrange(kind.queue, 0, NEWEST - 1))]

    def holds(self, keys: Collection[RowKey]) -> bool:
        """Whether all of these are among the newest."""
        return {push.key for push in self.newest()} >= set(keys)


def _pushes(kind: DocumentKind, messages: list[Any]) -> list[Push]:
    return [_push(kind, json.loads(message)) for message in reversed(messages)]


def _push(kind: DocumentKind, message: Any) -> Push:
    [local_id, shop, *more], _, _ = json.loads(base64.b64decode(message["body"]))
    return Push(key=(kind.name, shop, local_id), task_id=message["headers"]["id"], definition=len(more))
