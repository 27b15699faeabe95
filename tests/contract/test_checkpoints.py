"""The checkpoints of the fake and of MongoDB."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from common.database.mongo_client import MongoStore
from common.database.ports import Checkpoints, Leases
from tests.contract.checkpoint_steps import SOURCE
from tests.contract.checkpoints import CheckpointsContract
from tests.support.fakes import FakeMongo
from tests.support.samples import a_beginning, a_seal


class TestFakeCheckpoints(CheckpointsContract):
    @pytest.fixture
    def fake(self) -> FakeMongo:
        return FakeMongo()

    @pytest.fixture
    def checkpoints(self, fake: FakeMongo) -> Checkpoints:
        return fake

    @pytest.fixture
    def leases(self, fake: FakeMongo) -> Leases:
        return fake


class TestMongoCheckpoints(CheckpointsContract):
    @pytest.fixture
    def checkpoints(self, mongo_store: MongoStore) -> Checkpoints:
        return mongo_store.checkpoints

    @pytest.fixture
    def leases(self, mongo_store: MongoStore) -> Leases:
        return mongo_store.leases

    @pytest.mark.parametrize("was_written", [True, False])
    def test_a_seal_whose_reply_is_lost_is_read_back(
        self, mongo_store: MongoStore, monkeypatch: pytest.MonkeyPatch, was_written: bool
    ) -> None:
        checkpoints = mongo_store.checkpoints
        lease = mongo_store.leases.acquire(SOURCE)
        assert lease is not None
        assert checkpoints.begin_epoch(lease, a_beginning())
        update = mongo_store.checkpoint_collection.update_one

        replies: list[object] = []

        def lose_the_first_reply(query: dict[str, object], change: dict[str, object]) -> object:
            lost = not replies
            replies.append(update(query, change) if was_written or not lost else None)
            if lost:
                raise AutoReconnect("connection closed")
            return replies[-1]

        with monkeypatch.context() as patch:
            patch.setattr(mongo_store.checkpoint_collection, "update_one", lose_the_first_reply)
            assert checkpoints.seal(lease, a_seal()) is was_written
        assert checkpoints.load([SOURCE])[SOURCE].version == (7 if was_written else None)
