"""Whatever index is chosen, the answer is that of reading everything."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from bson import Int64
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.mongo.collection import Collection
from sandbox.mongo.errors import CommandError
from sandbox.mongo.index_specs import parse_index_spec
from sandbox.mongo.log import NoLog
from sandbox.mongo.paths import parse_path
from sandbox.mongo.planner import Sort, make_plan
from sandbox.mongo.search import Search, count_matches
from sandbox.mongo.sorting import sort_key
from sandbox.mongo.updates import compile_update
from sandbox.mongo.writes import delete_documents, update_documents

INDEXES: list[dict[str, Any]] = [
    {"name": "xy", "key": {"x": 1, "y": 1}},
    {"name": "y", "key": {"y": -1}},
    {"name": "z", "key": {"z": 1}},
    {"name": "nested", "key": {"n.a": 1, "x": 1}},
    {"name": "partial", "key": {"x": 1, "z": 1}, "partialFilterExpression": {"y": 1}},
]

SCALARS = st.sampled_from([0, 1, 2, 1.0, Int64(2), 2.5, "a", "b", None, True])
BOUNDS = st.sampled_from([0, 1, 2, "a", None])
FIELDS = ["x", "y", "z", "n.a", "_id"]


def documents_with(*, arrays: bool) -> st.SearchStrategy[dict[str, Any]]:
    member = SCALARS | st.lists(SCALARS, max_size=2) if arrays else SCALARS
    nested: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional={"a": SCALARS})
    if arrays:
        nested = nested | st.lists(nested, max_size=2)
    return st.fixed_dictionaries({}, optional={"x": SCALARS, "y": SCALARS, "z": member, "n": nested})


CONDITIONS = (
    SCALARS
    | st.builds(lambda values: {"$in": values}, st.lists(SCALARS, max_size=3))
    | st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), BOUNDS, min_size=1, max_size=2)
    | st.builds(lambda value: {"$ne": value}, SCALARS)
    | st.builds(lambda value: {"$exists": value}, st.booleans())
    | st.builds(lambda value, bound: {"$in": [value, 1], "$gte": bound}, SCALARS, BOUNDS)
)
FILTERS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(st.sampled_from(FIELDS), CONDITIONS, max_size=3),
    lambda inner: st.builds(
        lambda plain, name, parts: {**plain, name: parts},
        st.dictionaries(st.sampled_from(FIELDS), CONDITIONS, max_size=2),
        st.sampled_from(["$or", "$and", "$nor"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
SORTS = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from([1, -1])), max_size=3, unique_by=lambda item: item[0]
)
UPDATES = st.sampled_from(
    [{"$set": {"x": 2}}, {"$unset": {"y": ""}}, {"$set": {"n.a": 1, "z": "b"}}, {"$set": {"y": 1}}, {"$max": {"z": 1}}]
)


def filled(documents: list[dict[str, Any]], *, indexed: bool) -> Collection:
    collection = Collection("d.c", NoLog())
    for spec in INDEXES if indexed else ():
        collection.create_index(parse_index_spec(spec))
    for number, document in enumerate(documents):
        collection.insert({"_id": number, **document})
    return collection


def ids(collection: Collection, filter_spec: dict[str, Any], sort: Sort = ()) -> list[Any]:
    return [match.document["_id"] for match in Search(collection, filter_spec, sort)]


def scanned(collection: Collection, filter_spec: dict[str, Any]) -> list[Any]:
    """What is found without any index, also without the one on _id."""
    bare = Collection("d.c", NoLog())
    bare.records = collection.records
    bare.indexes = {}
    return ids(bare, filter_spec)


def assert_same(collection: Collection, filter_spec: dict[str, Any], sort: Sort) -> None:
    found = ids(collection, filter_spec, sort)
    expected = scanned(collection, filter_spec)
    assert sorted(found) == sorted(expected)
    assert count_matches(collection, filter_spec) == len(expected)
    assert_sorted(collection, filter_spec, sort)


def assert_sorted(collection: Collection, filter_spec: dict[str, Any], sort: Sort) -> None:
    matches = list(Search(collection, filter_spec, sort))
    ordered = matches
    for name, direction in reversed(sort):
        ordered = sorted(
            ordered,
            key=lambda match: sort_key(match.document, parse_path(name), descending=direction == -1),
            reverse=direction == -1,
        )
    # A stable sort leaves alone what is in order already.
    assert [match.record for match in matches] == [match.record for match in ordered]


@settings(max_examples=400)
@given(st.booleans().flatmap(lambda arrays: st.lists(documents_with(arrays=arrays), max_size=12)), FILTERS, SORTS)
def test_an_index_changes_nothing_but_the_time(documents: Any, filter_spec: Any, sort: Any) -> None:
    assert_same(filled(documents, indexed=True), filter_spec, sort)


@settings(max_examples=200)
@given(st.lists(documents_with(arrays=True), max_size=12), FILTERS, UPDATES, FILTERS, FILTERS)
def test_writes_keep_the_indexes_right(documents: Any, changed: Any, update: Any, deleted: Any, asked: Any) -> None:
    collection = filled(documents, indexed=True)
    with suppress(CommandError):  # `n` may hold an array; what was changed before stays changed
        update_documents(collection, changed, compile_update(update), multi=True, upsert=False)
    delete_documents(collection, deleted, limit=0)
    assert_same(collection, asked, ())
    for index in collection.indexes.values():
        fresh = sorted((*key, match.record) for match in Search(collection, {}) for key in index.keys(match.document))
        assert list(index.entries) == fresh


@pytest.mark.parametrize(
    ("filter_spec", "sort", "index", "ordered"),
    [
        ({"_id": 1, "x": 1}, (), "_id_", True),
        ({"x": 1, "y": {"$gt": 0}}, [("y", 1)], "xy", True),
        ({"x": 1, "y": {"$gt": 0}}, [("y", -1)], "xy", True),
        ({"x": 1}, [("x", 1), ("y", -1)], "xy", True),
        ({"x": {"$in": [1, 2]}}, [("x", 1), ("y", 1)], "xy", True),
        ({"x": {"$in": [1, 2]}}, [("y", 1)], "xy", False),
        ({"x": 1, "$or": [{"y": 2, "z": 1}, {"y": {"$gt": 2}}]}, [("y", 1)], "xy", True),
        ({"y": 1, "x": 2, "z": 3}, (), "partial", True),
        ({"y": 2, "x": 2, "z": 3}, (), "xy", True),
        ({}, [("y", -1)], "y", True),
        ({"z": {"$gt": 1}}, (), "z", True),
    ],
)
def test_the_index_that_is_chosen(filter_spec: Any, sort: Any, index: str, ordered: bool) -> None:
    plan = make_plan(filled([], indexed=True).indexes, filter_spec, sort)
    assert plan is not None
    assert (plan.index.spec.name, plan.sorted) == (index, ordered)


@pytest.mark.parametrize("filter_spec", [{"q": 1}, {"$or": [{"x": 1}, {"q": 1}]}, {"x": {"$ne": 1}}])
def test_no_index_serves(filter_spec: Any) -> None:
    assert make_plan(filled([], indexed=True).indexes, filter_spec, ()) is None


def test_a_page_reads_no_more_than_it_shows() -> None:
    collection = filled([{"x": 1, "y": number} for number in range(1000)], indexed=True)
    plan = make_plan(collection.indexes, {"x": 1, "y": {"$gt": 100, "$lte": 110}}, [("y", 1)])
    assert plan is not None
    assert plan.exact
    assert plan.count() == 10


TRICKY: list[tuple[list[dict[str, Any]], dict[str, Any], Sort]] = [
    # An array has several entries, and stands by its least or its greatest element.
    ([{"z": [1, 9]}, {"z": 5}, {"z": [0, 3]}], {}, [("z", -1)]),
    ([{"z": [1, 9]}, {"z": 5}, {"z": [0, 3]}], {"z": {"$gte": 1}}, [("z", 1)]),
    # One element above the lower end and another below the upper one are enough.
    ([{"z": [-5, 5]}, {"z": 1}], {"z": {"$gt": 0, "$lt": 2}}, ()),
    ([{"z": [1, 2]}, {"z": 1}], {"$and": [{"z": 1}, {"z": 2}]}, ()),
    # Ends of different types leave nothing between them.
    ([{"z": 1}, {"z": "a"}, {"z": "b"}], {"z": {"$gt": 0, "$lt": "b"}}, ()),
    ([{"z": 1}, {"z": "a"}, {"z": None}], {"z": {"$gte": None, "$lt": "b"}}, ()),
    # Alternatives that overlap find a document once.
    ([{"y": 1}, {"y": 2}], {"$or": [{"y": {"$gt": 0}}, {"y": {"$lte": 1}}, {"y": 1}]}, [("y", 1)]),
    ([{"x": 1, "y": 1}], {"$or": [{"x": 1}, {"x": 1, "y": 1}]}, ()),
]


@pytest.mark.parametrize(("documents", "filter_spec", "sort"), TRICKY)
def test_what_indexes_easily_get_wrong(documents: Any, filter_spec: Any, sort: Sort) -> None:
    assert_same(filled(documents, indexed=True), filter_spec, sort)


@pytest.mark.parametrize(
    ("filter_spec", "index"),
    [
        ({"kind": "live", "key": 1}, "partial"),
        ({"kind": {"$in": ["live"]}, "key": 1}, "partial"),
        ({"kind": "dead", "key": 1}, None),
        ({"kind": {"$in": ["live", "dead"]}, "key": 1}, None),
        ({"key": 1}, None),
        ({"$or": [{"kind": "live", "key": 1}, {"key": 1}]}, None),
    ],
)
def test_a_partial_index_is_used_only_for_what_it_holds(filter_spec: Any, index: str | None) -> None:
    collection = Collection("d.c", NoLog())
    collection.create_index(
        parse_index_spec({"name": "partial", "key": {"key": 1}, "partialFilterExpression": {"kind": "live"}})
    )
    collection.insert({"_id": 1, "kind": "live", "key": 1})
    collection.insert({"_id": 2, "kind": "dead", "key": 1})
    plan = make_plan(collection.indexes, filter_spec, ())
    assert (None if plan is None else plan.index.spec.name) == index
    assert_same(collection, filter_spec, ())


def test_a_partial_index_that_holds_all_that_is_asked_for_beats_one_that_holds_more() -> None:
    collection = Collection("d.c", NoLog())
    collection.create_index(parse_index_spec({"name": "wide", "key": {"key": 1, "number": 1}}))
    collection.create_index(
        parse_index_spec({"name": "partial", "key": {"key": 1}, "partialFilterExpression": {"kind": "live"}})
    )
    live, any_kind = (make_plan(collection.indexes, spec, ()) for spec in ({"kind": "live", "key": 1}, {"key": 1}))
    assert live is not None
    assert any_kind is not None
    assert (live.index.spec.name, any_kind.index.spec.name) == ("partial", "wide")
