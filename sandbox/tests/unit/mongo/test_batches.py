"""Many documents in one command: the fast ways come to the same as one document after the other."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mongo import indexes
from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.collection import Collection
from sandbox.mongo.commands import dispatch
from sandbox.mongo.errors import CommandError
from sandbox.mongo.index_specs import parse_index_spec
from sandbox.mongo.log import NoLog
from sandbox.mongo.search import Search
from sandbox.mongo.state import Connection, State
from sandbox.mongo.updates import compile_update
from sandbox.mongo.values import Documents, decode
from sandbox.mongo.writes import update_documents

INDEXES: list[dict[str, Any]] = [
    {"name": "unique", "key": {"u": 1}, "unique": True, "partialFilterExpression": {"live": True}},
    {"name": "two", "key": {"a": 1, "b": 1}},
]
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "_id": st.integers(0, 4) | st.just([1]),
        "u": st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
        "live": st.booleans(),
        "a": st.sampled_from([1, "x", [1, 2]]),
        "b": st.sampled_from([None, [3]]),
        "$bad": st.just(1),
    },
)


class Server:
    """A collection with indexes, reached by commands."""

    def __init__(self) -> None:
        self._state = State(catalogue=Catalogue(NoLog()))
        self.collection = self._state.catalogue.collection("d", "c", create=True)
        for spec in INDEXES:
            self.collection.create_index(parse_index_spec(spec))

    def insert(self, documents: list[dict[str, Any]], *, ordered: bool) -> dict[str, Any]:
        command = {"insert": "c", "documents": documents, "ordered": ordered, "$db": "d"}
        return dispatch(self._state, Connection(number=1), "insert", command)

    def content(self) -> list[dict[str, Any]]:
        """Documents, but for the `_id`s that the server made."""
        documents = map(decode, self.collection.records.values())
        return [{**each, "_id": None} if isinstance(each["_id"], bson.ObjectId) else each for each in documents]


def streamed(documents: list[dict[str, Any]]) -> Documents:
    return Documents(b"".join(map(bson.encode, documents)))


def assert_indexes_right(collection: Collection) -> None:
    for index in collection.indexes.values():
        fresh = sorted((*key, match.record) for match in Search(collection, {}) for key in index.keys(match.document))
        assert list(index.entries) == fresh


@given(st.lists(st.lists(DOCUMENTS, min_size=1, max_size=5), max_size=4), st.booleans())
def test_a_batch_from_the_wire_is_as_good_as_single_documents(batches: Any, ordered: bool) -> None:
    wired, listed = Server(), Server()
    for batch in batches:
        assert wired.insert(streamed(batch), ordered=ordered) == listed.insert(batch, ordered=ordered)
    assert wired.content() == listed.content()
    assert_indexes_right(wired.collection)


@pytest.mark.parametrize("ordered", [False, True])
def test_duplicates_within_a_batch_and_with_what_was_there(ordered: bool) -> None:
    server = Server()
    server.insert(streamed([{"_id": 1, "n": "first"}]), ordered=ordered)
    reply = server.insert(streamed([{"_id": 0}, {"_id": 1}, {"_id": 2}, {"_id": 2}, {"_id": 3}]), ordered=ordered)
    assert [error["index"] for error in reply["writeErrors"]] == ([1] if ordered else [1, 3])
    assert reply["n"] == (1 if ordered else 3)
    assert [each["_id"] for each in server.content()] == ([1, 0] if ordered else [1, 0, 2, 3])
    assert server.content()[0] == {"_id": 1, "n": "first"}
    assert_indexes_right(server.collection)


def test_a_batch_of_what_is_there_already_adds_nothing() -> None:
    server = Server()
    server.insert(streamed([{"_id": 1, "n": "first"}]), ordered=False)
    reply = server.insert(streamed([{"_id": 1.0, "n": "second"}]), ordered=False)
    assert (reply["n"], [error["code"] for error in reply["writeErrors"]]) == (0, [11000])
    assert server.content() == [{"_id": 1, "n": "first"}]


def test_duplicates_in_a_unique_index_of_one_batch() -> None:
    server = Server()
    batch = [{"_id": number, "u": value, "live": True} for number, value in enumerate([7, 8, 7.0])]
    (error,) = server.insert(streamed(batch), ordered=False)["writeErrors"]
    assert (error["index"], error["keyValue"]) == (2, {"u": 7.0})


@pytest.mark.parametrize("batch", [[1], [1, 1]])
def test_bytes_that_begin_with_the_id_are_kept_as_they_came(batch: list[int]) -> None:
    server = Server()
    symbol = bson.encode({"_id": 1, "a": "text"}).replace(b"\x02a\0", b"\x0ea\0")  # an old type, read as a text
    server.insert(Documents(symbol * len(batch)), ordered=False)
    assert list(server.collection.records.values()) == [symbol]
    assert [match.document for match in Search(server.collection, {"a": "text"})] == [{"_id": 1, "a": "text"}]


def test_an_id_that_does_not_come_first_is_put_first() -> None:
    server = Server()
    server.insert(streamed([{"_id": 1}, {"a": 1, "_id": 2}]), ordered=False)
    assert [list(each) for each in server.content()] == [["_id"], ["_id", "a"]]


def test_an_update_of_many_stops_at_an_error_and_keeps_what_it_did() -> None:
    server = Server()
    server.insert([{"_id": number, "n": "x" if number == 2 else 0, "a": 1} for number in range(4)], ordered=True)
    with pytest.raises(CommandError):
        update_documents(
            server.collection, {"a": 1}, compile_update({"$inc": {"n": 1}, "$set": {"a": 2}}), multi=True, upsert=False
        )
    assert [(each["n"], each["a"]) for each in server.content()] == [(1, 2), (1, 2), ("x", 1), (0, 1)]
    assert_indexes_right(server.collection)


def test_an_update_of_many_stops_at_a_duplicate() -> None:
    server = Server()
    server.insert(
        [{"_id": number, "u": number} for number in range(3)] + [{"_id": 9, "u": 1, "live": True}], ordered=True
    )
    with pytest.raises(CommandError):
        update_documents(
            server.collection, {"_id": {"$lt": 9}}, compile_update({"$set": {"live": True}}), multi=True, upsert=False
        )
    assert ["live" in each for each in server.content()] == [True, False, False, True]
    assert_indexes_right(server.collection)


@pytest.mark.parametrize("spec", [{"$set": {"_id": 2}}, {"_id": 2, "a": 1}, {"$unset": {"_id": ""}}])
def test_an_id_cannot_be_changed(spec: dict[str, Any]) -> None:
    server = Server()
    server.insert([{"_id": 1}], ordered=True)
    with pytest.raises(CommandError) as refusal:
        update_documents(server.collection, {}, compile_update(spec), multi=False, upsert=False)
    assert refusal.value.code == 66
    assert update_documents(
        server.collection, {}, compile_update({"$set": {"_id": 1.0}}), multi=False, upsert=False
    ).modified


def test_an_update_never_meets_its_own_result() -> None:
    server = Server()
    server.insert([{"_id": number, "a": number} for number in range(5)], ordered=True)
    update = compile_update({"$inc": {"a": 10}})
    assert update_documents(server.collection, {"a": {"$gte": 0}}, update, multi=True, upsert=False).modified == 5
    assert [each["a"] for each in server.content()] == [10, 11, 12, 13, 14]


def test_what_an_update_pushes_on_is_not_what_was_found() -> None:
    server = Server()
    server.insert([{"_id": 1, "a": [1]}], ordered=True)
    update_documents(server.collection, {"a": 1}, compile_update({"$push": {"a": 2}}), multi=True, upsert=False)
    assert server.content() == [{"_id": 1, "a": [1, 2]}]
    assert_indexes_right(server.collection)


def test_an_entry_that_comes_and_goes_before_anybody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    server.insert([{"_id": 1, "a": 1}], ordered=True)
    assert_indexes_right(server.collection)
    for value in (2, 1, 2, 3, 1):
        update_documents(
            server.collection, {"_id": 1}, compile_update({"$set": {"a": value}}), multi=True, upsert=False
        )
    assert_indexes_right(server.collection)
    monkeypatch.setattr(indexes, "_UNMERGED", 1)
    server.insert(streamed([{"_id": number, "a": number} for number in range(10, 20)]), ordered=True)
    assert_indexes_right(server.collection)
