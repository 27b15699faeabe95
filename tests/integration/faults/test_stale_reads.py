"""Relay beside members of MongoDB's replica set that answer from the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from celery import Celery
from pymongo import MongoClient
from pymongo.errors import NotPrimaryError
from sandbox.mongo_control import MongoControl

from common.config import Settings, load_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from common.database.records import Takeover
from relay import wiring
from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.samples import a_dispatch, a_seal


@pytest.fixture
def members(servers: Mapping[str, str]) -> Iterator[MongoControl]:
    members = MongoControl(servers["MONGO_URI"])
    yield members
    members.recover()


@pytest.fixture
def store(members: MongoControl, mongo_store: MongoStore) -> MongoStore:
    """A store that has connected; `members` is in order again before it is closed."""
    assert mongo_store.task_logs is not None
    return mongo_store


@pytest.fixture
def successor(members: MongoControl, settings: Settings) -> Iterator[MongoStore]:
    """The store of another relay, to which the others of the replica set listen."""
    store = MongoStore(settings)
    store.__dict__["client"] = MongoClient[dict[str, Any]](settings.MONGO_URI.get_secret_value(), appname="successor")
    assert store.task_logs is not None
    yield store
    store.close()


@pytest.mark.parametrize("preference", ["secondaryPreferred", "nearest", "primaryPreferred"])
def test_a_lagging_secondary_is_not_asked(
    environment: dict[str, str],
    members: MongoControl,
    mssql: MSSQLClient,
    celery_app: Celery,
    pharmacy: Desk,
    sale_queue: Queued,
    preference: str,
) -> None:
    uri = f"{environment['MONGO_URI']}?readPreference={preference}&readConcernLevel=local&w=1"
    relay = wiring.build(load_settings(_env_file=None, **{**environment, "MONGO_URI": uri}), celery_app)
    try:
        pharmacy.insert("HĐ-1")
        scan(relay, SALE)
        members.lag()
        for number in range(2, 6):
            pharmacy.insert(f"HĐ-{number}")
            assert [report.outcome for report in scan(relay, SALE)] == [Outcome.DONE]
            assert [report.baseline for report in scan(relay, SALE)] == [None]
        assert Counter(sale_queue()) == Counter([f"HĐ-{number}" for number in range(1, 6)])
    finally:
        relay.close()


def test_a_deposed_primary_gives_and_keeps_no_lease(
    members: MongoControl, store: MongoStore, successor: MongoStore
) -> None:
    former = store.leases.acquire(SALE.id)
    assert former is not None
    members.depose("relay")
    for ask in (
        lambda: store.leases.renew(former),
        lambda: store.leases.acquire("default.import"),
        lambda: store.checkpoints.seal(former, a_seal()),
    ):
        with pytest.raises(NotPrimaryError):
            ask()
    successor.leases.release(former)
    assert successor.leases.acquire(SALE.id) is not None
    members.recover()
    assert not store.leases.renew(former)


@pytest.mark.parametrize(
    "read", ["count", "window", "batch", "before", "pushed_beyond", "ends_beyond", "overtaken", "load", "latest"]
)
def test_a_member_that_has_not_seen_our_writes_gives_no_answer(
    members: MongoControl, store: MongoStore, successor: MongoStore, read: str
) -> None:
    """As behind a router that still believes in the old primary, while our writes go to the new one."""
    members.depose("relay")
    lease = successor.leases.acquire(SALE.id)
    assert lease is not None
    successor.journal.prepare([a_dispatch(0), a_dispatch(1)])
    # What the one has seen, the other knows: they stand for two connections of one relay.
    store.causality._operation_time = successor.causality._operation_time
    journal = store.journal
    asks: dict[str, Callable[[], object]] = {
        "count": lambda: journal.count("window-1", lambda _: None),
        "window": lambda: journal.header("window-1"),
        "batch": lambda: journal.batch(a_dispatch(0).window, 10),
        "before": lambda: journal.before(a_dispatch(1)),
        "pushed_beyond": lambda: journal.pushed_beyond(SALE, lease.checkpoint, a_dispatch(0).offset, 10),
        "ends_beyond": lambda: journal.ends_beyond(SALE, lease.checkpoint, a_dispatch(0).offset, 10),
        "overtaken": lambda: journal.overtaken([a_dispatch(0)], (2, 0)),
        "load": lambda: store.checkpoints.load([SALE.id]),
        "latest": lambda: store.history.latest(SALE, {("shop", "invoice-0"): "invoice-0"}),
    }
    with pytest.raises(NotPrimaryError):
        asks[read]()


def test_a_takeover_is_not_decided_by_a_deposed_primary(
    members: MongoControl, store: MongoStore, successor: MongoStore
) -> None:
    store.journal.prepare([a_dispatch(0)])
    members.depose("relay")
    ours = a_dispatch(0, window_id="window-2", number=2, generation=2, id=a_dispatch(0).id)
    with pytest.raises(NotPrimaryError):
        store.journal.take_over([ours], open_window=None)
    assert successor.journal.take_over([ours], open_window=None) == {ours.id: Takeover.REPLACED}


def test_a_relay_on_a_deposed_primary_stops_and_loses_nothing(
    relay: Relay, members: MongoControl, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    members.depose("relay")
    pharmacy.insert("HĐ-2")
    with pytest.raises(NotPrimaryError):
        scan(relay, SALE)
    members.recover()
    assert [report.baseline for report in scan(relay, SALE)] == [None]
    assert Counter(sale_queue()) == Counter(["HĐ-1", "HĐ-2"])
