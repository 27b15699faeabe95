"""What can be broken, what a fault is, and how a run ends early."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.chaos.definitions import Definitions
from tests.chaos.proxy import Proxy
from tests.chaos.queues import Queues
from tests.chaos.relays import Relays
from tests.chaos.servers import Servers
from tests.chaos.shop import Shop


class NotRefusedError(Exception):
    """A relay was let in that has no business here."""


class NotRecoveredError(Exception):
    """What was written after a fault did not reach its queue in time."""


@dataclass(frozen=True, kw_only=True)
class World:
    """All that can be broken."""

    servers: Servers
    proxies: Mapping[str, Proxy]
    definitions: Definitions
    relays: Relays
    shop: Shop
    queues: Queues
    random: random.Random


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A kind of fault."""

    name: str
    strike: Callable[[World], None]
