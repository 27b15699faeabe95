"""Unique, partial and TTL indexes over pymongo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from sandbox.waiting import wait_until


def test_a_unique_partial_index_minds_only_its_own(collection: Any) -> None:
    collection.create_index("key", unique=True, partialFilterExpression={"live": True})
    collection.insert_many([{"key": 1, "live": False}, {"key": 1, "live": False}, {"key": 1, "live": True}])
    with pytest.raises(DuplicateKeyError) as failure:
        collection.insert_one({"key": 1, "live": True})
    assert failure.value.details is not None
    assert failure.value.details["keyValue"] == {"key": 1}


def test_a_unique_index_cannot_be_built_over_duplicates(collection: Any) -> None:
    collection.insert_many([{"a": 1}, {"a": 1}])
    with pytest.raises(DuplicateKeyError):
        collection.create_index("a", unique=True)
    assert list(collection.index_information()) == ["_id_"]


def test_indexes_are_made_listed_and_dropped(collection: Any) -> None:
    models = [IndexModel([("a", 1), ("b", -1)]), IndexModel("at", expireAfterSeconds=60)]
    assert collection.create_indexes(models) == ["a_1_b_-1", "at_1"]
    assert collection.create_indexes(models) == ["a_1_b_-1", "at_1"]
    assert collection.index_information()["at_1"]["expireAfterSeconds"] == 60
    with pytest.raises(OperationFailure) as conflict:
        collection.create_index("at", expireAfterSeconds=61)
    assert conflict.value.code == 86
    collection.drop_index([("a", 1), ("b", -1)])
    collection.drop_indexes()
    assert list(collection.index_information()) == ["_id_"]


def test_expired_documents_disappear_and_others_stay(collection: Any) -> None:
    collection.create_index("expires_at", expireAfterSeconds=0)
    now = datetime.now(UTC)
    collection.insert_many(
        [
            {"_id": "past", "expires_at": now - timedelta(hours=1)},
            {"_id": "future", "expires_at": now + timedelta(hours=1)},
            {"_id": "none"},
            {"_id": "text", "expires_at": "long ago"},
        ]
    )
    wait_until(lambda: collection.find_one({"_id": "past"}) is None)
    assert collection.count_documents({}) == 3
