"""One relay at work: the world that it shares with the others, its lease, and what its steps have in common."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random

from tests.protocol.database import Database
from tests.protocol.mongo import Checkpoint, Document, Mongo
from tests.protocol.redis import Redis
from tests.protocol.rules import Rules

Steps = Generator[None, None, None]
"""A part of a relay. Every yield is a place where others act, or where this one dies."""


class Stop(Exception):  # noqa: N818 - not an error: the next cycle sees to it
    """Lease, watermark or fence is not what this relay read: end quietly."""


class Refused(Stop):
    """Only a person can say whether this relay may go on: by `relay adopt`."""


class World:
    """The stores, and everything that must differ from one relay to the next."""

    def __init__(self, rules: Rules, random: Random) -> None:
        self.rules = rules
        self.random = random
        self._ticks = itertools.count(1)
        self._window_ids = itertools.count(1)
        self._epochs = itertools.count(1)
        self._stores = itertools.count(1)
        self.database = Database(clock=self.tick)
        self.mongo = Mongo(store=self.new_store())
        self.stray = Mongo(store=self.new_store())
        """That of a relay which somebody starts with other settings."""
        self.redis = Redis(rules)
        self.piece = random.randint(1, 3)
        """Rows that a baseline reads at a time."""
        self.processes: list[int] = [0]
        """Definitions of the processes that are running, that of the newest last."""
        self.starts = 0
        self.adoptions = 0
        self.epochs_sealed = 0
        self.bases: set[tuple[str, int]] = set()
        """Epoch and base of every window that was sealed."""
        self.decided_at: int | None = None
        """When `now` was decided."""
        self.may_repeat = False
        """An epoch began although another Mongo's was there, and nothing could vouch for what that had sent."""
        self.rejected: list[Document] = []
        """Every row that was ever found to be one that cannot be sent."""

    def tick(self) -> int:
        """A time that no other event has."""
        return next(self._ticks)

    def new_store(self) -> int:
        """The id of another Mongo; random in truth."""
        return next(self._stores)

    def new_window_id(self) -> int:
        """An id; random in truth."""
        return next(self._window_ids)

    def new_epoch(self) -> str:
        """A name; random in truth."""
        return f"epoch-{next(self._epochs)}"


@dataclass(kw_only=True, slots=True)
class CycleContext:
    """One relay under its own lease."""

    world: World
    mongo: Mongo
    patient: bool
    """Whether it leaves a full queue alone."""
    definition: int = 0
    adopts: bool = False
    """A person has said that this relay takes the source over."""
    owner: object = field(default_factory=object)
    generation: int = 0

    def take_lease(self) -> None:
        """The lease of whoever had it before has expired."""
        checkpoint = self.checkpoint
        checkpoint.generation += 1
        checkpoint.owner = self.owner
        self.generation = checkpoint.generation

    def check_lease(self) -> None:
        """Raises Stop when Mongo no longer names this owner."""
        if self.checkpoint.owner is not self.owner:
            raise Stop

    def end_epoch(self) -> None:
        """What follows is a new epoch and a baseline. Raises Stop when the lease is lost."""
        self.check_lease()
        checkpoint = self.checkpoint
        checkpoint.open_window = None
        checkpoint.version = None
        checkpoint.epoch = None
        checkpoint.last_offset = None
        checkpoint.baseline = None
        checkpoint.has_ended_an_epoch = True

    def count_generation(self) -> None:
        """Go on under the next generation."""
        self.checkpoint.generation += 1
        self.generation = self.checkpoint.generation

    @property
    def checkpoint(self) -> Checkpoint:
        """Mongo's, as it is now."""
        return self.mongo.checkpoint

    def chance(self, probability: float) -> bool:
        """Whether something that happens so often happens now."""
        return self.world.random.random() < probability
