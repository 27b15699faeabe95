"""The order over values of all types."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.code import Code as JavaScript
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mongo.errors import CommandError
from sandbox.mongo.ordering import BEYOND, order_key, same_type_above
from sandbox.mongo.values import MISSING, decode, encode

ASCENDING: list[Any] = [
    MinKey(),
    None,
    float("nan"),
    float("-inf"),
    -1,
    0.5,
    Decimal128("0.7"),
    Int64(2**40),
    float("inf"),
    "",
    "a",
    "b",
    {},
    {"a": 1},
    {"a": 1, "b": 0},
    {"b": 0},
    {"a": "text"},
    [],
    [1],
    [1, 2],
    [2],
    b"",
    b"z",
    b"aa",
    ObjectId("0" * 24),
    ObjectId("f" * 24),
    False,
    True,
    datetime(1969, 12, 31),
    datetime(2026, 1, 1),
    Timestamp(1, 1),
    Timestamp(1, 2),
    Regex("a"),
    MaxKey(),
]


def test_values_of_all_types_have_one_order() -> None:
    keys = [order_key(value) for value in ASCENDING]
    for smaller, greater in itertools.combinations(keys, 2):
        assert smaller < greater


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, Int64(1)),
        (1, 1.0),
        (1, Decimal128("1.00")),
        (0.0, -0.0),
        (None, MISSING),
        (b"x", Binary(b"x", 0)),
        (datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        (float("nan"), Decimal128(Decimal("NaN"))),
    ],
)
def test_equal_values_of_different_classes(left: Any, right: Any) -> None:
    assert order_key(left) == order_key(right)
    assert hash(order_key(left)) == hash(order_key(right))


@pytest.mark.parametrize(
    ("left", "right"), [(True, 1), (False, 0), (0, None), ("1", 1), ([], None), ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
)
def test_values_that_python_or_habit_confuses(left: Any, right: Any) -> None:
    assert order_key(left) != order_key(right)


def test_a_type_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="Code"):
        order_key(JavaScript("x"))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
    | st.binary(max_size=4)
    | st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES)
def test_a_value_equals_itself_after_a_round_trip_through_bson(value: Any) -> None:
    assert order_key(decode(encode({"v": value}))["v"]) == order_key(value)


@given(VALUES, VALUES)
def test_any_two_values_compare(left: Any, right: Any) -> None:
    one, other = order_key(left), order_key(right)
    assert (one < other) + (one == other) + (one > other) == 1
    assert one < same_type_above(one) < BEYOND
