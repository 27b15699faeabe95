"""What commands work on: the server's data, and what is known of one connection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.cursors import Cursors
from sandbox.mongo.replica_set import ReplicaSet
from sandbox.mongo.scram import Conversation, Scram


@dataclass(kw_only=True, slots=True)
class Connection:
    """One client connection."""

    number: int
    authenticated: bool = False
    conversation: Conversation | None = None
    """A log-in that has begun."""
    application: str | None = None
    """What the client calls itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One server. `scram` is None when nobody has to log in, `replica_set` when it is a standalone."""

    catalogue: Catalogue
    scram: Scram | None = None
    cursors: Cursors = field(default_factory=Cursors)
    replica_set: ReplicaSet | None = None

    def at(self, catalogue: Catalogue) -> State:
        """The same server with other documents."""
        return replace(self, catalogue=catalogue)
