"""The leases of the twin and of MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from common.database.mongo.clock import ServerClock
from common.database.mongo.leases import MongoLeases
from common.database.mongo_client import MongoStore
from relay.ports import Leases
from tests.contract.leases import TERM_SECONDS, LeasesContract
from tests.support.twins import TwinMongo
from tests.support.wait import wait_until


class TestTwinLeases(LeasesContract):
    @pytest.fixture
    def leases(self) -> Leases:
        self.seconds = 0.0
        return TwinMongo(lease_seconds=TERM_SECONDS, clock=lambda: self.seconds)

    def let_pass(self, seconds: float) -> None:
        self.seconds += seconds


class MovableClock(ServerClock):
    """Mongo's time, moved on by the test."""

    moved = timedelta()

    def now(self) -> datetime:
        return super().now() + self.moved


class TestMongoLeases(LeasesContract):
    @pytest.fixture
    def leases(self, mongo_store: MongoStore) -> Leases:
        self.clock = MovableClock(mongo_store.checkpoint_collection.database)
        return MongoLeases(mongo_store.checkpoint_collection, self.clock, seconds=TERM_SECONDS)

    def let_pass(self, seconds: float) -> None:
        self.clock.moved += timedelta(seconds=seconds)

    def test_one_of_many_at_once_gets_a_source_that_was_never_held(self, leases: Leases) -> None:
        with ThreadPoolExecutor(8) as threads:
            lease_or_none = list(threads.map(leases.acquire, ["default.sale"] * 8))
        assert len([lease for lease in lease_or_none if lease is not None]) == 1

    def test_a_short_lease_expires_by_itself(self, mongo_store: MongoStore) -> None:
        leases = MongoLeases(mongo_store.checkpoint_collection, mongo_store.clock, seconds=0.5)
        lease = leases.acquire("default.sale")
        assert lease is not None
        wait_until(lambda: leases.acquire("default.sale") is not None, message="the lease did not expire")
        assert not leases.holds(lease)
