"""The leases of the fake and of MongoDB."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sandbox.waiting import wait_until

from common.database.mongo.leases import MongoLeases
from common.database.mongo_client import MongoStore
from common.database.ports import Checkpoints, Leases
from tests.contract.leases import TERM_SECONDS, LeasesContract
from tests.support.fakes import FakeMongo


class TestFakeLeases(LeasesContract):
    @pytest.fixture
    def fake(self) -> FakeMongo:
        self.seconds = 0.0
        return FakeMongo(lease_seconds=TERM_SECONDS, clock=lambda: self.seconds)

    @pytest.fixture
    def leases(self, fake: FakeMongo) -> Leases:
        return fake

    @pytest.fixture
    def checkpoints(self, fake: FakeMongo) -> Checkpoints:
        return fake

    def let_pass(self, seconds: float) -> None:
        self.seconds += seconds


class TestMongoLeases(LeasesContract):
    @pytest.fixture
    def leases(self, mongo_store: MongoStore) -> Leases:
        self.store = mongo_store
        return MongoLeases(mongo_store.checkpoint_collection, mongo_store.causality, seconds=TERM_SECONDS)

    @pytest.fixture
    def checkpoints(self, mongo_store: MongoStore) -> Checkpoints:
        return mongo_store.checkpoints

    def let_pass(self, seconds: float) -> None:
        """The server's clock cannot be moved: so much earlier is it that every lease ends."""
        earlier = {"$add": ["$lease.expires_at", round(-seconds * 1000)]}
        self.store.checkpoint_collection.update_many({}, [{"$set": {"lease.expires_at": earlier}}])

    def test_one_of_many_at_once_gets_a_source_that_was_never_held(self, leases: Leases) -> None:
        with ThreadPoolExecutor(8) as threads:
            lease_or_none = list(threads.map(leases.acquire, ["default.sale"] * 8))
        assert len([lease for lease in lease_or_none if lease is not None]) == 1

    def test_a_short_lease_expires_by_itself(self, mongo_store: MongoStore) -> None:
        leases = MongoLeases(mongo_store.checkpoint_collection, mongo_store.causality, seconds=0.5)
        lease = leases.acquire("default.sale")
        assert lease is not None
        wait_until(lambda: leases.acquire("default.sale") is not None, message="the lease did not expire")
        assert not leases.renew(lease)

    @pytest.mark.parametrize("hours", [1, -1])
    def test_a_step_of_the_local_clock_changes_no_lease(
        self, leases: Leases, monkeypatch: pytest.MonkeyPatch, hours: int
    ) -> None:
        _step_clock(monkeypatch, timedelta(hours=hours))
        lease = leases.acquire("default.sale")
        assert lease is not None
        assert abs(self._remaining() - TERM_SECONDS) < 5
        assert leases.renew(lease)
        assert abs(self._remaining() - TERM_SECONDS) < 5

    def _remaining(self) -> float:
        """Seconds until the lease ends, by the server."""
        found = self.store.checkpoint_collection.find_one({"_id": "default.sale"})
        assert found is not None
        now = self.store.database.command("hello")["localTime"].replace(tzinfo=UTC)
        remaining: timedelta = found["lease"]["expires_at"] - now
        return remaining.total_seconds()

    @pytest.mark.parametrize("lease", [None, {}, {"generation": 7}, {"owner": None, "generation": 7}])
    def test_a_document_without_an_owner_is_free(self, leases: Leases, lease: dict[str, Any] | None) -> None:
        document = {"_id": "default.sale", "version": 7, **({} if lease is None else {"lease": lease})}
        self.store.checkpoint_collection.insert_one(document)
        taken = leases.acquire("default.sale")
        assert taken is not None
        assert taken.generation == (lease or {}).get("generation", 0) + 1
        assert taken.checkpoint.version == 7


def _step_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """The wall clock of this process shows another time from now on."""
    real = time.time

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(real() + by.total_seconds(), tz)

    monkeypatch.setattr(time, "time", lambda: real() + by.total_seconds())
    for module in ("clock", "leases", "checkpoints", "journal"):
        monkeypatch.setattr(f"common.database.mongo.{module}.datetime", Stepped, raising=False)
