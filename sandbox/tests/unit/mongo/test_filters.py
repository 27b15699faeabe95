"""What filters accept, and what they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bson import Int64, MinKey, Regex

from sandbox.mongo.errors import CommandError
from sandbox.mongo.filters import compile_filter

NOON = datetime(2026, 1, 1, 12)


@pytest.mark.parametrize(
    ("spec", "document"),
    [
        ({}, {"a": 1}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": Int64(1)}),
        ({"a": None}, {}),
        ({"a": None}, {"a": None}),
        ({"a": 1}, {"a": [2, 1]}),
        ({"a": [2, 1]}, {"a": [2, 1]}),
        ({"a": [2, 1]}, {"a": [[2, 1], 3]}),
        ({"a.b": 1}, {"a": {"b": 1}}),
        ({"a.b": 1}, {"a": [{"b": 0}, {"b": 1}]}),
        ({"a.0": 1}, {"a": [1, 2]}),
        ({"a.1.b": 1}, {"a": [{"b": 0}, {"b": 1}]}),
        ({"a.b": None}, {}),
        ({"a.b": None}, {"a": {}}),
        ({"a.b": None}, {"a": [{}]}),
        ({"a": {"$in": [1, None]}}, {}),
        ({"a": {"$in": ["x", 2]}}, {"a": 2}),
        ({"a": {"$nin": [1]}}, {"a": True}),
        ({"a": {"$ne": 1}}, {}),
        ({"a": {"$gt": 1, "$lt": 3}}, {"a": 2}),
        ({"a": {"$gt": 0, "$lt": 2}}, {"a": [-5, 5]}),
        ({"a": {"$gte": None}}, {}),
        ({"a": {"$lte": NOON}}, {"a": NOON}),
        ({"a": {"$exists": True}}, {"a": None}),
        ({"a": {"$exists": False}}, {"b": 1}),
        ({"a": {"$not": {"$gt": 1}}}, {"a": "text"}),
        ({"a": {"$size": 2}}, {"a": [1, 2]}),
        ({"a": {"$type": "string"}}, {"a": "x"}),
        ({"a": {"$type": ["long", "bool"]}}, {"a": Int64(1)}),
        ({"a": {"$type": "array"}}, {"a": []}),
        ({"$or": [{"a": 1}, {"b": 2}]}, {"b": 2}),
        ({"$and": [{"a": 1}, {"b": 2}]}, {"a": 1, "b": 2}),
        ({"$nor": [{"a": 1}, {"b": 2}]}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"$comment": "why"}, {}),
    ],
)
def test_accepted(spec: Any, document: Any) -> None:
    assert compile_filter(spec)(document)


@pytest.mark.parametrize(
    ("spec", "document"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {}),
        ({"a": None}, {"a": 0}),
        ({"a.b": None}, {"a": []}),
        ({"a.b": None}, {"a": [None]}),
        ({"a.b": None}, {"a": [1, 2]}),
        ({"a.b": None}, {"a": {"b": 4}}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"$in": []}}, {"a": 1}),
        ({"a": {"$nin": [1, None]}}, {}),
        ({"a": {"$gt": 1}}, {"a": "2"}),
        ({"a": {"$gt": 1}}, {}),
        ({"a": {"$gt": None}}, {"a": None}),
        ({"a": {"$lt": NOON}}, {"a": NOON}),
        ({"a": {"$lt": 5}}, {"a": None}),
        ({"a": {"$exists": False}}, {"a": None}),
        ({"a": {"$not": {"$gt": 1}}}, {"a": 2}),
        ({"a": {"$type": "int"}}, {"a": Int64(1)}),
        ({"$or": [{"a": 1}, {"b": 2}]}, {"a": 2, "b": 1}),
        ({"$nor": [{"a": 1}]}, {"a": 1}),
    ],
)
def test_not_accepted(spec: Any, document: Any) -> None:
    assert not compile_filter(spec)(document)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"a": {"$wat": 1}}, 2),
        ({"$wat": 1}, 2),
        ({"$or": []}, 2),
        ({"$and": {"a": 1}}, 2),
        ({"a": {"$in": 1}}, 2),
        ({"a": {"$in": [{"$gt": 1}]}}, 2),
        ({"a": {"$not": 1}}, 2),
        ({"a": {"$type": "nonsense"}}, 2),
        ({"a": {"$size": -1}}, 9),
        ({"a..b": 1}, 56),
        ("text", 14),
        ({"a": {"$elemMatch": {"b": 1}}}, 115),
        ({"a": {"$regex": "x"}}, 115),
        ({"a": Regex("x")}, 115),
        ({"a": {"$in": [Regex("x")]}}, 115),
        ({"a": {"$gt": MinKey()}}, 115),
        ({"$expr": {"$eq": [1, 1]}}, 115),
    ],
)
def test_refused_before_any_document_is_seen(spec: Any, code: int) -> None:
    with pytest.raises(CommandError) as refusal:
        compile_filter(spec)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("condition", "value", "accepted"),
    [
        ({"$gt": 1, "$lte": 3}, 3, True),
        ({"$gt": 1, "$lte": 3}, 1, False),
        ({"$gt": 1, "$lte": 3}, Int64(3), True),
        ({"$gt": 1, "$lte": 3}, "2", False),
        ({"$gte": "a", "$lt": "c"}, "b", True),
        ({"$gte": "a", "$lt": "c"}, "c", False),
        ({"$gte": "a", "$ne": "b"}, "b", False),
        ({"$gt": 1, "$lt": "c"}, "b", False),
        ({"$ne": 1}, True, True),
        ("a", "a", True),
        (1, True, False),
    ],
)
def test_comparisons_with_the_type_itself_and_with_others(condition: Any, value: Any, accepted: bool) -> None:
    assert compile_filter({"a": condition})({"a": value}) is accepted
