"""A cycle on the fakes that dies before or after its n-th call on any port, as kill -9 would have it."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from common.database.records import Dispatch, Offset, TaskStatus
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import CycleReport
from relay.cycle.run import run_cycle
from relay.sources.builtin import SALE
from relay.sources.source import Source
from tests.support.fakes import FakeDatabase, FakeMongo, FakeQueue
from tests.support.fakes.queue import CutOffError, FakeBroker
from tests.support.stage import Killed, StillHeartbeat, paused_ports

OPTIONS = CycleOptions(batch_size=2, baseline_rows=3, most_kept=4, epochs_within_seconds=0)
"""Some windows are drained from memory, others from the journal, and baselines are read in pieces; nobody is stopped
because epochs begin too often."""


@dataclass
class CrashWorld:
    """A database, a Mongo and a queue; relays work on them one after another."""

    queue: FakeQueue | FakeBroker = field(default_factory=FakeQueue)
    database: FakeDatabase = field(default_factory=lambda: FakeDatabase(batch_size=2))
    mongo: FakeMongo = field(default_factory=lambda: FakeMongo(lease_seconds=0))
    source: Source = SALE
    options: CycleOptions = OPTIONS
    adopts: bool = False
    """Whether a person has said that these relays take the source over."""
    names: int = 0
    watermarks: list[tuple[str | None, int]] = field(default_factory=list)
    """(epoch, watermark) at each place where it could have died."""
    offsets: list[Offset] = field(default_factory=list)

    def run(self, *, die_at: int | None = None) -> tuple[CycleReport | None, int]:
        """One cycle; dead at the `die_at`-th place. Its report, or None where it came to none, and how many places it
        came to."""
        places = 0

        def pause(_where: str) -> None:
            nonlocal places
            self._look()
            # Once dead, always dead: nothing of the clean-up gets through either.
            if die_at is not None and places >= die_at:
                raise Killed
            places += 1

        ports = paused_ports(self.database, self.mongo, self.queue, pause, self._new_name)
        try:
            return run_cycle(self.source, ports, self.options, StillHeartbeat(), adopts=self.adopts), places
        except (Killed, CutOffError):
            return None, places

    def copy(self) -> CrashWorld:
        """The same world again, on which to try something."""
        return copy.deepcopy(self)

    def _new_name(self) -> str:
        self.names += 1
        return f"name-{self.names}"

    def _look(self) -> None:
        held = self.mongo.contents.held.get(SALE.id)
        if held is not None and held.checkpoint.version is not None:
            self.watermarks.append((held.checkpoint.epoch, held.checkpoint.version))
        if isinstance(self.queue, FakeQueue):
            self.offsets.append(self.queue.offset)

    def settle(self) -> None:
        """Relays work in peace until everything is out."""
        for _ in range(5):
            self.run()

    def pushed(self) -> Counter[tuple[str | None, str]]:
        """(business id, task id) of each push."""
        return Counter((dispatch.business_id, dispatch.id) for dispatch in self.queue.pushed)

    def unfinished(self) -> list[Dispatch]:
        """What the log still calls prepared, and no open window holds."""
        return [d for d in self.mongo.contents.logs.values() if d.status is TaskStatus.PREPARED]

    def never_expiring(self) -> list[Dispatch]:
        """What the log would keep for ever."""
        contents = self.mongo.contents
        return [dispatch for dispatch in contents.logs.values() if dispatch.id not in contents.expiring]

    def baseline(self) -> Any:
        return self.mongo.contents.held[SALE.id].checkpoint.baseline

    def open_window(self) -> Any:
        return self.mongo.contents.held[SALE.id].checkpoint.open_window
