"""What commands work on: the server's data, and what is known of one connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.cursors import Cursors
from sandbox.mongo.scram import Conversation, Scram


@dataclass(kw_only=True, slots=True)
class Connection:
    """One client connection."""

    number: int
    authenticated: bool = False
    conversation: Conversation | None = None
    """A log-in that has begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One server. `scram` is None when nobody has to log in."""

    catalogue: Catalogue
    scram: Scram | None = None
    cursors: Cursors = field(default_factory=Cursors)
