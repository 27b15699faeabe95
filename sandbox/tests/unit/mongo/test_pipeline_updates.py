"""What updates by pipeline make of a document, and what they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sandbox.mongo.errors import CommandError
from sandbox.mongo.expressions import compile_expression
from sandbox.mongo.updates import compile_update
from sandbox.mongo.upserts import new_document

NOON = datetime(2026, 5, 17, 12)
SOON = datetime(2026, 5, 17, 12, 0, 0, 2000)


def updated(document: Any, *stages: Any) -> Any:
    return compile_update(list(stages), NOON).apply(document, inserting=False)


@pytest.mark.parametrize(
    ("before", "stages", "after"),
    [
        ({"_id": 1}, [{"$set": {"at": "$$NOW"}}], {"_id": 1, "at": NOON}),
        (
            {"_id": 1},
            [{"$set": {"at": {"$add": ["$$NOW", 1.5]}}}],
            {"_id": 1, "at": datetime(2026, 5, 17, 12, 0, 0, 2000)},
        ),
        ({"n": 1}, [{"$set": {"n": {"$add": ["$n", 1]}, "before": "$n"}}], {"n": 2, "before": 1}),
        ({"n": 1}, [{"$set": {"n": 2}}, {"$set": {"m": "$n"}}], {"n": 2, "m": 2}),
        ({"a": {"b": 1}}, [{"$set": {"a": {"c": 2}}}], {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, [{"$set": {"a.c": 2}}], {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, [{"$set": {"a": {"$literal": {"c": 2}}}}], {"a": {"c": 2}}),
        ({"a": 1}, [{"$set": {"a.b": 2}}], {"a": {"b": 2}}),
        ({"a": 1}, [{"$set": {"a": "$nowhere"}}], {}),
        ({"a": 1, "b": {"c": 1, "d": 2}}, [{"$unset": ["a", "b.c"]}], {"b": {"d": 2}}),
        ({"a": 1}, [{"$unset": "a"}], {}),
        ({"_id": 1, "a": 2}, [{"$replaceWith": {"b": "$a"}}], {"_id": 1, "b": 2}),
        (
            {"_id": 1, "a": 2},
            [{"$replaceWith": {"$mergeObjects": ["$$ROOT", None, {"b": 3}]}}],
            {"_id": 1, "a": 2, "b": 3},
        ),
        ({"a": "$b"}, [{"$set": {"c": {"$literal": "$a"}}}], {"a": "$b", "c": "$a"}),
        ({"a": {"b": 1}}, [{"$set": {"c": "$a"}}, {"$set": {"c.b": 2}}], {"a": {"b": 1}, "c": {"b": 2}}),
        ({"a": 1}, [{"$set": {"all": "$$ROOT"}}], {"a": 1, "all": {"a": 1}}),
    ],
)
def test_applied(before: Any, stages: Any, after: Any) -> None:
    assert updated(before, *stages) == after


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"$cond": [{"$gt": ["$n", 1]}, "more", "less"]}, "more"),
        ({"$cond": {"if": "$nowhere", "then": 1, "else": 2}}, 2),
        ({"$ifNull": ["$nowhere", "$null", 7]}, 7),
        ({"$ifNull": ["$nowhere", None]}, None),
        ({"$lte": ["$nowhere", "$$NOW"]}, True),
        ({"$eq": ["$nowhere", None]}, False),
        ({"$lt": ["$nowhere", None]}, True),
        ({"$lte": ["$at", "$$NOW"]}, True),
        ({"$lt": ["$at", "$$NOW"]}, False),
        ({"$gt": ["$at", "a text"]}, True),
        ({"$ne": ["$n", 2.0]}, False),
        ({"$and": []}, True),
        ({"$or": []}, False),
        ({"$and": ["$n", "$text"]}, True),
        ({"$or": [0, None, False, "$nowhere"]}, False),
        ({"$not": ["$null"]}, True),
        ({"$not": "$n"}, False),
        ({"$add": ["$n", None]}, None),
        ({"$add": [1, 2, 3]}, 6),
        ({"$add": [1500, "$at"]}, datetime(2026, 5, 17, 12, 0, 1, 500_000)),
        ({"$mergeObjects": []}, {}),
    ],
)
def test_expressions(expression: Any, value: Any) -> None:
    document = {"n": 2, "null": None, "text": "", "at": NOON}
    assert compile_expression(expression, {"$$NOW": NOON})(document) == value


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        ([{"$wat": {}}], 72),
        ([{"wat": {}}], 40324),
        ([{"$match": {}}], 72),
        ([{"$project": {"a": 1}}], 115),
        ([{"$set": {}}], 9),
        ([{"$set": {"a": 1}, "$unset": "b"}], 40323),
        ([{"$set": {"a": 1, "a.b": 1}}], 40176),
        ([{"$set": {"a": {"$toUpper": "$b"}}}], 115),
        ([{"$set": {"a": {"$add": [1], "$cond": []}}}], 15983),
        ([{"$set": {"a": {"$eq": [1]}}}], 16020),
        ([{"$set": {"a": {"$cond": {"if": 1, "then": 2}}}}], 17083),
        ([{"$set": {"a": "$$CLUSTER_TIME"}}], 115),
        ([{"$unset": []}], 9),
    ],
)
def test_refused_before_any_document_is_seen(stages: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        compile_update(stages)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("document", "stages", "code"),
    [
        ({"a": "x"}, [{"$set": {"b": {"$add": ["$a", 1]}}}], 14),
        ({"a": NOON}, [{"$set": {"b": {"$add": ["$a", "$a"]}}}], 14),
        ({"a": NOON}, [{"$set": {"b": {"$add": ["$a", 1e300]}}}], 2),
        ({"a": [1]}, [{"$set": {"a.b": 1}}], 115),
        ({"a": 1}, [{"$replaceWith": "$a"}], 40228),
        ({"a": 1}, [{"$replaceWith": "$nowhere"}], 40228),
        ({"a": 1}, [{"$set": {"b": {"$mergeObjects": ["$a"]}}}], 40400),
    ],
)
def test_refused_for_what_the_document_holds(document: Any, stages: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        updated(document, *stages)
    assert refusal.value.code == code


def test_an_upsert_begins_with_the_filters_equalities() -> None:
    stages = [{"$set": {"n": {"$add": [{"$ifNull": ["$n", 0]}, 1]}, "at": "$$NOW"}}]
    assert new_document({"_id": "sale", "a": 1}, compile_update(stages, NOON)) == {
        "_id": "sale",
        "a": 1,
        "n": 1,
        "at": NOON,
    }


def test_an_upsert_may_not_name_another_id() -> None:
    with pytest.raises(CommandError) as refusal:
        new_document({"_id": 1}, compile_update([{"$replaceWith": {"_id": 2}}]))
    assert refusal.value.code == 66
