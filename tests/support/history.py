"""What may happen to a pharmacy's database, relay and its services, on the fakes, and what must be true in the end.

Who decides what happens, and in which order, is the test's affair: random numbers of a seed, or Hypothesis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from common.database.errors import ConfigurationError
from common.database.records import Dispatch, Key, Offset, TaskStatus
from relay.cycle.options import CycleOptions
from relay.cycle.ports import Ports
from relay.sources.builtin import SALE
from tests.support.fakes import CutOffError, CutQueue, FakeDatabase, FakeMongo
from tests.support.fakes.database import ConnectionCutError, Contents, Transaction
from tests.support.stage import Actor, cycle_on, paused_ports

PENDING = "PENDING_SYNC"
KEYS: Sequence[Key] = [("shop", number) for number in range(6)]
MOST_RELAYS = 3
BecamePending = Mapping[Key, Sequence[int]]


class Edit(StrEnum):
    """What a transaction does to a row; nothing, where the row is not there or is there already."""

    PEND = "insert it pending, or set it to pending"
    DRAFT = "insert it as a draft, or set it to that"
    SPOIL = "insert or set it to pending without a shop"
    MEND = "give it its arguments"
    NOTE = "change a column that is nobody's business"
    DELETE = "delete it"
    MOVE = "change its key to the next one"


@dataclass
class History:
    """One history, on fakes: what happened so far."""

    database: FakeDatabase = field(default_factory=FakeDatabase)
    mongo: FakeMongo = field(default_factory=lambda: FakeMongo(lease_seconds=0))
    """Its leases have always expired: whoever is not moved is a zombie."""
    queue: CutQueue = field(default_factory=CutQueue)
    running: list[Actor] = field(default_factory=list)
    is_refused: bool = False
    """The relay that ended last said that a person has to decide: the fence is another Mongo's, who was at work."""
    may_repeat: bool = False
    """Something happened after which rows may be sent again."""
    saves: list[tuple[int, Offset]] = field(default_factory=list)
    """Length and offset of the queue at every moment: what Redis may fall back to."""
    copies: list[tuple[Contents, BecamePending]] = field(default_factory=list)
    _tick: int = 0
    _names: int = 0
    _done: list[Dispatch] = field(default_factory=list)
    _became_pending: dict[Key, list[int]] = field(default_factory=dict)
    _read_at: dict[str, int] = field(default_factory=dict)
    _rejected: set[tuple[Key, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.queue.waiting = 0

    # Pharmacies

    def write(self, edits: Sequence[tuple[Key, Edit]]) -> None:
        """One transaction."""
        self._tick += 1
        with self.database.transaction() as write:
            for key, edit in edits:
                self._edit(write, key, edit)

    def _edit(self, write: Transaction, key: Key, edit: Edit) -> None:
        row = self.database.contents.rows.get(key)
        good, bad = (f"id-{key[1]}", "shop"), (f"id-{key[1]}", None)
        match edit:
            case Edit.PEND | Edit.DRAFT:
                status = PENDING if edit is Edit.PEND else "DRAFT"
                if row is None:
                    write.insert(key, status=status, args=good)
                else:
                    write.update(key, status=status)
                self._note_pending(key)
            case Edit.SPOIL:
                if row is None:
                    write.insert(key, status=PENDING, args=bad)
                else:
                    write.update(key, status=PENDING, args=bad)
                self._note_pending(key)
            case Edit.MEND if row:
                write.update(key, args=good)
                self._note_pending(key)
            case Edit.NOTE if row:
                write.update(key, note="x")
            case Edit.DELETE if row:
                write.delete(key)
            case Edit.MOVE if row:
                to = KEYS[(KEYS.index(key) + 1) % len(KEYS)]
                if to not in self.database.contents.rows:
                    # An UPDATE of the key is a DELETE and an INSERT for change tracking.
                    write.delete(key)
                    write.insert(to, status=row.status, args=row.args)
                    self._note_pending(to)

    def _note_pending(self, key: Key) -> None:
        if self.database.contents.rows[key].status == PENDING:
            self._became_pending.setdefault(key, []).append(self._tick)

    # Relays and workers

    def start_relay(self, *, adopts: bool = False) -> None:
        """Another relay begins a cycle. `adopts`: a person has said that it takes the source over."""
        if len(self.running) < MOST_RELAYS:
            self.running.append(Actor(cycle_on(self._ports, SALE, self._options(), adopts=adopts)))

    def _options(self) -> CycleOptions:
        # Nobody waits here for a person because epochs begin too often: that has tests of its own.
        return CycleOptions(batch_size=3, baseline_rows=2, queue_limit=10, most_kept=4, epochs_within_seconds=0)

    def _ports(self, pause: Callable[[str], None]) -> Ports:
        """Ports that note when a cycle's snapshot was taken: what it read then decides what was lost or repeated."""
        taken_at = 0

        def noting(where: str) -> None:
            nonlocal taken_at
            if where == "after snapshot opened":
                taken_at = self._tick
            pause(where)

        def new_name() -> str:
            self._names += 1
            name = f"name-{self._names}"
            self._read_at[name] = taken_at
            return name

        return paused_ports(self.database, self.mongo, self.queue, noting, new_name)

    def go_on(self, relay: int, *, queue_is_full: bool = False) -> None:
        """This relay makes its next call. Raises what it raised, unless a connection was cut."""
        self.queue.waiting = 10 if queue_is_full else 0
        self._move(self.running[relay])
        self.saves.append((len(self.queue.pushed), self.queue.offset))

    def _move(self, actor: Actor) -> None:
        actor.step()
        self._rejected |= {
            (dispatch.key, self._read_at[dispatch.window.id])
            for dispatch in self.mongo.contents.logs.values()
            if dispatch.status is TaskStatus.REJECTED
        }
        if actor.done:
            if actor in self.running:
                self.running.remove(actor)
            self.is_refused = isinstance(actor.error, ConfigurationError)
            expected = ConnectionCutError | CutOffError | ConfigurationError
            if actor.error is not None and not isinstance(actor.error, expected):
                raise actor.error

    def cut_off(self, *, done: int, answered: int) -> None:
        """Whoever publishes next loses its connection to the queue after so many dispatches, of which so many were
        answered for."""
        self.queue.cut = (done, min(answered, done))

    def kill(self, relay: int) -> None:
        """kill -9."""
        self.running.pop(relay).kill()

    def report(self, ago: int) -> None:
        """The worker that has the message pushed so long ago says that it is done."""
        if ago < len(self.queue.pushed):
            dispatch = self.queue.pushed[-1 - ago]
            if self.mongo.report(dispatch.id, TaskStatus.SUCCESS):
                self._done.append(dispatch)

    # Losses

    def lose_the_end_of_the_queue(self, moments: int) -> None:
        """Redis falls back to what it was so many calls ago."""
        if self.saves:
            length, self.queue.offset = self.saves[max(0, len(self.saves) - 1 - moments)]
            del self.queue.pushed[length:]
            self.saves = [save for save in self.saves if save[0] <= length]

    def back_up_the_database(self) -> None:
        """A copy, for `restore_the_database`."""
        became_pending = {key: list(times) for key, times in self._became_pending.items()}
        self.copies.append((self.database.backup(), became_pending))

    def restore_the_database(self, copy: int) -> None:
        """What was written after the copy has never happened, as far as the database is concerned."""
        backup, became_pending = self.copies[copy]
        self.database.restore(backup)
        self._became_pending = {key: list(times) for key, times in became_pending.items()}
        self.may_repeat = True

    def switch_tracking_off_and_on(self) -> None:
        """Nobody knows what happened meanwhile: what waits is read anew."""
        self.database.switch_tracking_off_and_on()
        self.may_repeat = True

    def clean_up(self, *, too_early: bool) -> None:
        """The retention has passed for all that was read; `too_early`: for what was not read as well."""
        version = self.database.contents.version
        if not too_early:
            held = self.mongo.contents.held.get(SALE.id)
            version = min(version, held.checkpoint.version or 0) if held else 0
        self.database.clean_up(version)
        self.may_repeat |= too_early

    def lose_mongo(self) -> None:
        """Another one is set up, and empty."""
        self.mongo.forget()
        self.may_repeat = True

    # The end

    def end(self) -> None:
        """Everybody dies; then relays work in peace, one after the other, until everything is out."""
        for actor in self.running:
            actor.kill()
        self.running.clear()
        self.queue.cut = None
        self._tick += 1
        for _ in range(8):
            actor = Actor(cycle_on(self._ports, SALE, self._options(), adopts=self.is_refused and self._tick % 2 == 0))
            while not actor.done:
                self.queue.waiting = 0
                self._move(actor)
            if self.is_refused and self._tick % 2:
                # Nobody comes: whoever was at work is not seen again.
                self.database.let_the_fence_age()

    def assert_kept(self) -> None:
        """Nothing was lost, and nothing sent twice unless something happened after which it may be."""
        assert not self._lost()
        assert self.may_repeat or not self._twice()

    def _lost(self) -> list[Key]:
        """Rows that are pending and were neither sent nor rejected since they last became so."""
        sent = self.queue.pushed + self._done
        return [
            key
            for key, row in self.database.contents.rows.items()
            if row.status == PENDING and not self._is_accounted_for(key, sent)
        ]

    def _is_accounted_for(self, key: Key, sent: Sequence[Dispatch]) -> bool:
        since = self._became_pending[key][-1]
        if any(dispatch.key == key and self._read_at[dispatch.window.id] >= since for dispatch in sent):
            return True
        return any(rejected == key and at >= since for rejected, at in self._rejected)

    def _twice(self) -> list[str]:
        """Dispatches that were read in the same stretch of being pending."""
        counted: Counter[tuple[Key, int]] = Counter()
        for dispatch in self.queue.pushed:
            at = self._read_at[dispatch.window.id]
            stretch = sum(became <= at for became in self._became_pending[dispatch.key])
            counted[dispatch.key, stretch] += 1
        return [f"{key} in its stretch {stretch}: {n} times" for (key, stretch), n in counted.items() if n > 1]
