"""The lease: of several relays, one works on a source at a time.

A lease ends by itself when its holder dies. It bears a number that grows with every holder, the *generation*: a
fencing token. A relay that was paused for so long that another has taken over finds out before it does any harm.
"""

from __future__ import annotations

from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_only_the_holder_works(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    held = relay.ports.leases.acquire(relay.own(SALE).id)
    assert held is not None
    assert [report.outcome for report in scan(relay, SALE)] == [Outcome.HELD]
    assert sale_queue() == []

    relay.ports.leases.release(held)
    assert [report.outcome for report in scan(relay, SALE)] == [Outcome.DONE]
    assert sale_queue() == ["HĐ-1"]


def test_the_generation_grows_with_every_holder(relay: Relay) -> None:
    first = relay.ports.leases.acquire(relay.own(SALE).id)
    assert first is not None
    relay.ports.leases.release(first)
    second = relay.ports.leases.acquire(relay.own(SALE).id)
    assert second is not None
    assert second.generation > first.generation
    assert not relay.ports.leases.renew(first)
