"""What a find uses and looks at, over pymongo."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import OperationFailure


@pytest.fixture
def filled(collection: Any) -> Any:
    collection.create_index([("shop", 1), ("at", 1)], name="by_shop")
    collection.insert_many([{"shop": number % 2, "at": number, "free": number} for number in range(10)])
    return collection


def test_without_an_index_every_document_is_looked_at(filled: Any) -> None:
    plan, looked_at, given = explained(filled.find({"free": 3}))
    assert (plan["stage"], looked_at, given) == ("COLLSCAN", 10, 1)


def test_an_index_gives_those_that_are_asked_for_and_their_order(filled: Any) -> None:
    plan, looked_at, given = explained(filled.find({"shop": 1, "free": {"$gt": 4}}).sort("at", -1))
    assert plan["stage"] == "FETCH"
    scan = plan["inputStage"]
    assert (scan["stage"], scan["indexName"], scan["direction"]) == ("IXSCAN", "by_shop", "backward")
    assert scan["keyPattern"] == {"shop": 1, "at": 1}
    assert (looked_at, given) == (5, 3)


def test_an_order_that_no_index_gives_is_sorted_and_a_limit_ends_the_look(filled: Any) -> None:
    plan, looked_at, given = explained(filled.find({"shop": 0}).sort("free", 1).limit(2))
    assert (plan["stage"], plan["inputStage"]["stage"], looked_at, given) == ("SORT", "FETCH", 5, 2)
    _, looked_at, given = explained(filled.find({"shop": 0}).limit(2))
    assert (looked_at, given) == (2, 2)


@pytest.mark.parametrize("order", [("kind", "own"), ("own", "kind")])
def test_of_two_indexes_the_one_with_less_to_read_is_used(collection: Any, order: tuple[str, str]) -> None:
    for name in order:
        collection.create_index(name, name=name)
    collection.insert_many([{"kind": "sale", "own": number} for number in range(10)])
    plan, looked_at, given = explained(collection.find({"kind": "sale", "own": 7}))
    assert (plan["inputStage"]["indexName"], looked_at, given) == ("own", 1, 1)


def test_a_collection_that_does_not_exist_gives_nothing(filled: Any) -> None:
    assert explained(filled.database.nothing.find({"free": 3})) == ({"stage": "EOF"}, 0, 0)


def test_only_a_find_is_explained(filled: Any) -> None:
    with pytest.raises(OperationFailure) as refused:
        filled.database.command("explain", {"count": filled.name, "query": {}})
    assert refused.value.code == 115


def explained(cursor: Any) -> tuple[dict[str, Any], int, int]:
    """The plan, and how many documents were looked at and given."""
    found = cursor.explain()
    stats = found["executionStats"]
    return found["queryPlanner"]["winningPlan"], stats["totalDocsExamined"], stats["nReturned"]
