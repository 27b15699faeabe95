"""Documents that come one by one, and a worker service that takes them out of the queues and notes when it did."""

from __future__ import annotations

import base64
import json
import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate

import redis

from examples.pharmacy.connection import connect
from examples.pharmacy.documents import KINDS, PENDING, DocumentKind

POLL_SECONDS = 0.002
MOST_TAKEN = 5000
"""Messages in one look at a queue."""
NAME = re.compile(rb'\[\["([^"\\]*)"')
"""The first argument of a task, where a message's body begins with it and it has no accents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A document that will be written."""

    at: float
    """Seconds after the first moment."""
    name: str
    kind: DocumentKind
    shop: str = "NT-01"


def steady(rate: float, seconds: float, *, name: str, kind: DocumentKind) -> Sequence[Arrival]:
    """`rate` a second, at equal distances."""
    return [Arrival(at=number / rate, name=f"{name}-{number}", kind=kind) for number in range(round(rate * seconds))]


def poisson(rate: float, seconds: float, *, name: str, shops: Sequence[str] = ("NT-01",)) -> Sequence[Arrival]:
    """`rate` a second on average and altogether, of all kinds and from all shops, each independent of the others."""
    chance = random.Random(name)
    moments = accumulate(chance.expovariate(rate) for _ in range(round(rate * seconds)))
    return [
        Arrival(at=moment, name=f"{name}-{number}", kind=chance.choice(KINDS), shop=chance.choice(shops))
        for number, moment in enumerate(moments)
    ]


class Writer:
    """Writes arrivals at their moments, on a thread of its own; `committed`: when, by name (`time.perf_counter`)."""

    def __init__(self, settings: Mapping[str, str], arrivals: Sequence[Arrival]) -> None:
        self.committed: dict[str, float] = {}
        self._settings, self._arrivals = settings, arrivals
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """The first moment is now."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more, if it was started at all."""
        self._stopped.set()
        if self.is_started:
            self._thread.join()

    @property
    def is_started(self) -> bool:
        """Whether the first moment has been."""
        return self._thread.ident is not None

    @property
    def is_done(self) -> bool:
        """Whether all are written, or can no longer be."""
        return self.is_started and not self._thread.is_alive()

    def _write(self) -> None:
        with closing(connect(self._settings)) as connection:
            started = time.perf_counter()
            for arrival in self._arrivals:
                if self._stopped.wait(max(0.0, started + arrival.at - time.perf_counter())):
                    return
                connection.execute(insert(arrival.kind), arrival.shop, arrival.name)
                self.committed[arrival.name] = time.perf_counter()


def insert(kind: DocumentKind) -> str:
    """The statement that writes a pending document; parameters: shop and name."""
    columns = f"shop_pharmacy_code, {kind.id_column}, status"
    return f"INSERT INTO dbo.{kind.table} ({columns}) VALUES (?, ?, '{PENDING}')"


@dataclass(kw_only=True)
class Taker:
    """Takes what is in the queues; `taken` says when, by name (`time.perf_counter`)."""

    client: redis.Redis
    taken: dict[str, float] = field(default_factory=dict)
    twice: int = 0
    """Messages whose document had been taken before."""

    def take(self) -> int:
        """Take what is there now, but for what is too much at a time; gives how many messages that were."""
        with self.client.pipeline(transaction=False) as pipeline:
            for kind in KINDS:
                pipeline.rpop(kind.queue, MOST_TAKEN)
            found = pipeline.execute()
        now = time.perf_counter()
        names = [_name(message) for messages in found for message in messages or ()]
        before = len(self.taken)
        for name in names:
            self.taken.setdefault(name, now)
        self.twice += before + len(names) - len(self.taken)
        return len(names)


def milliseconds(writer: Writer, taker: Taker, *, until: float) -> list[float]:
    """From commit to queue, of each document that was written; to `until` where it was not taken."""
    return [1000 * (taker.taken.get(name, until) - moment) for name, moment in writer.committed.items()]


def _name(message: bytes | str) -> str:
    [name] = NAME.match(base64.b64decode(json.loads(message)["body"])).groups()  # type: ignore[union-attr]
    return str(name, "ascii")
