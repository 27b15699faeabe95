"""What updates make of a document, and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Int64

from sandbox.mongo.errors import CommandError
from sandbox.mongo.updates import compile_update
from sandbox.mongo.upserts import new_document


def updated(document: Any, spec: Any, *, inserting: bool = False) -> Any:
    return compile_update(spec).apply(document, inserting=inserting)


@pytest.mark.parametrize(
    ("before", "spec", "after"),
    [
        ({}, {"$set": {"a.b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, {"$unset": {"a.b": ""}}, {"a": {"c": 2}}),
        ({}, {"$unset": {"a.b": ""}}, {}),
        ({"n": 1}, {"$inc": {"n": 2}}, {"n": 3}),
        ({}, {"$inc": {"lease.generation": 1}}, {"lease": {"generation": 1}}),
        ({"n": 1}, {"$inc": {"n": 0.5}}, {"n": 1.5}),
        ({"n": 5}, {"$max": {"n": 3}}, {"n": 5}),
        ({"n": 5}, {"$max": {"n": 7}}, {"n": 7}),
        ({"n": 5}, {"$min": {"n": 3}}, {"n": 3}),
        ({}, {"$min": {"n": 3}}, {"n": 3}),
        ({"n": 5}, {"$max": {"n": "text"}}, {"n": "text"}),
        ({"a": [1]}, {"$push": {"a": 2}}, {"a": [1, 2]}),
        ({}, {"$push": {"a": {"$each": [1, 2]}}}, {"a": [1, 2]}),
        ({"a": [1, 2]}, {"$set": {"a.1": 9}}, {"a": [1, 9]}),
        ({"a": [1, 2]}, {"$unset": {"a.0": ""}}, {"a": [None, 2]}),
        ({"_id": 1, "a": 2}, {"b": 3}, {"_id": 1, "b": 3}),
        ({}, {"$setOnInsert": {"a": 1}}, {}),
    ],
)
def test_applied(before: Any, spec: Any, after: Any) -> None:
    assert updated(before, spec) == after


def test_new_fields_come_in_the_order_of_their_names() -> None:
    assert list(updated({}, {"$set": {"b": 1, "a": 1}, "$inc": {"ab": 1}})) == ["a", "ab", "b"]


def test_only_an_insert_sees_set_on_insert() -> None:
    assert updated({}, {"$setOnInsert": {"a": 1}}, inserting=True) == {"a": 1}


@pytest.mark.parametrize(("start", "step", "kind"), [(Int64(1), 1, Int64), (2**31 - 1, 1, Int64), (1, 1, int)])
def test_sums_keep_or_widen_the_type(start: Any, step: Any, kind: type) -> None:
    assert type(updated({"n": start}, {"$inc": {"n": step}})["n"]) is kind


def test_the_current_date_is_now_in_utc() -> None:
    stamped = updated({}, {"$currentDate": {"at": True}})["at"]
    assert abs(datetime.now(UTC).replace(tzinfo=None) - stamped) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"$wat": {"a": 1}}, 9),
        ({"$set": 1}, 9),
        ({"$set": {"a": 1}, "$inc": {"a": 1}}, 40),
        ({"$set": {"a": 1, "a.b": 1}}, 40),
        ({"$set": {"a.b": 1, "a0": 1, "a": 1}}, 40),
        ({"$inc": {"a": "1"}}, 14),
        ({"a": 1, "$set": {"b": 1}}, 52),
        ({"$set": {"a.$[]": 1}}, 115),
        ({"$push": {"a": {"$each": [], "$slice": 1}}}, 115),
        ({"$addToSet": {"a": 1}}, 115),
        ({"$currentDate": {"a": {"$type": "timestamp"}}}, 115),
    ],
)
def test_refused_before_any_document_is_seen(spec: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        compile_update(spec)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("document", "spec", "code"),
    [
        ({"a": "x"}, {"$inc": {"a": 1}}, 14),
        ({"a": 2**63 - 1}, {"$inc": {"a": 1}}, 2),
        ({"a": 1}, {"$push": {"a": 1}}, 2),
        ({"a": 1}, {"$set": {"a.b": 1}}, 28),
        ({"a": [1]}, {"$set": {"a.b": 1}}, 28),
    ],
)
def test_refused_for_what_the_document_holds(document: Any, spec: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        updated(document, spec)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("filter_spec", "spec", "document"),
    [
        ({"_id": 1, "n": {"$gt": 3}}, {"$set": {"a": 1}}, {"_id": 1, "a": 1}),
        ({"_id": {"$eq": 1}, "a.b": 2}, {"$inc": {"n": 1}}, {"_id": 1, "a": {"b": 2}, "n": 1}),
        ({"$and": [{"a": 1}, {"b": {"$in": [2]}}]}, {"$setOnInsert": {"c": 3}}, {"a": 1, "b": 2, "c": 3}),
        ({"$or": [{"a": 1}, {"a": 2}]}, {"$set": {"c": 3}}, {"c": 3}),
        ({"_id": 7, "a": 1}, {"b": 2}, {"_id": 7, "b": 2}),
    ],
)
def test_an_upsert_begins_with_the_filters_equalities(filter_spec: Any, spec: Any, document: Any) -> None:
    assert new_document(filter_spec, compile_update(spec)) == document


@pytest.mark.parametrize(
    ("filter_spec", "spec", "code"),
    [({"$and": [{"a": 1}, {"a": 1}]}, {"$set": {"b": 1}}, 54), ({"_id": 1}, {"_id": 2}, 66)],
)
def test_an_upsert_that_cannot_be(filter_spec: Any, spec: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        new_document(filter_spec, compile_update(spec))
    assert refusal.value.code == code
