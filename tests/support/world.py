"""The cycle on its in-memory fakes: for what no server can be asked to do at will, as losing a retention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import CycleReport
from relay.cycle.ports import Resend
from relay.cycle.run import run_cycle
from relay.sources.builtin import SALE
from relay.sources.source import Source
from tests.support.fakes import FakeDatabase, FakeMongo, FakeQueue
from tests.support.stage import Killed, StillHeartbeat, paused_ports


class World:
    """A database with sales invoices, a Mongo and a queue."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.source: Source = SALE
        self.database, self.queue = FakeDatabase(), FakeQueue()
        self.mongo = FakeMongo(lease_seconds=0, clock=lambda: self.now)
        self._names = 0
        self._waiting: dict[str, Callable[[], object]] = {}

    def scan(self, resend: Resend | None = None, *, adopts: bool = False, **options: Any) -> CycleReport:
        """One cycle, with these CycleOptions; `adopts`: a person has said that it takes the source over."""
        ports = paused_ports(self.database, self.mongo, self.queue, self._go_on, self._new_name)
        return run_cycle(self.source, ports, CycleOptions(**options), StillHeartbeat(), resend, adopts=adopts)

    def write(self, *numbers: int) -> None:
        """New pending invoices, in one transaction."""
        with self.database.transaction() as write:
            for number in numbers:
                write.insert(("shop", number), args=(f"HĐ-{number}", "shop"))

    def queued(self) -> list[str | None]:
        """The business ids that were pushed, in order."""
        return [dispatch.business_id for dispatch in self.queue.pushed]

    def at(self, where: str, what: Callable[[], object]) -> None:
        """What happens the first time that a cycle comes there."""
        self._waiting[where] = what

    def scan_dying(self, where: str, **options: Any) -> None:
        """A cycle that is killed there."""
        self.at(where, _die)
        with pytest.raises(Killed):
            self.scan(**options)

    def _go_on(self, where: str) -> None:
        what = self._waiting.pop(where, None)
        if what is not None:
            what()

    def _new_name(self) -> str:
        self._names += 1
        return f"name-{self._names}"


def _die() -> None:
    raise Killed
