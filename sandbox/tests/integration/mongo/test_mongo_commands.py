"""Unmodified pymongo against the MongoDB stand-in: what works, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import ASCENDING, DESCENDING, DeleteOne, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, CursorNotFound, DuplicateKeyError, OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from sandbox.waiting import wait_until
from tests.integration.mongo_fixtures import Client


def test_what_is_inserted_is_found(collection: Any) -> None:
    document = {"_id": 1, "at": datetime(2026, 1, 1), "nested": {"a": [1, {"b": None}]}, "raw": b"\x00\xff"}
    collection.insert_one(document)
    assert collection.find_one({"nested.a.b": None, "at": {"$lt": datetime(2027, 1, 1)}}) == document


def test_hello_tells_the_time(client: Client) -> None:
    told = client.admin.command("hello")["localTime"].replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)


def test_majority_and_journal_are_accepted(client: Client, collection: Any) -> None:
    sure = collection.with_options(
        write_concern=WriteConcern(w="majority", j=True, wtimeout=1000), read_concern=ReadConcern("majority")
    )
    sure.insert_one({"_id": 1})
    assert sure.count_documents({}) == 1


def test_unacknowledged_writes_arrive(collection: Any) -> None:
    collection.with_options(write_concern=WriteConcern(w=0)).insert_one({"_id": 1})
    wait_until(lambda: collection.find_one({"_id": 1}))


def test_a_cursor_goes_on_over_many_batches(collection: Any) -> None:
    collection.insert_many([{"_id": number} for number in range(1000)])
    assert [each["_id"] for each in collection.find(batch_size=7).sort("_id", 1)] == list(range(1000))


def test_a_cursor_survives_deletes_in_between(collection: Any) -> None:
    collection.insert_many([{"_id": number} for number in range(300)])
    cursor = collection.find(batch_size=100).sort("_id", ASCENDING)
    first = next(cursor)
    collection.delete_many({"_id": {"$gte": 150}})
    assert len([first, *cursor]) == 150


def test_a_cursor_of_a_dropped_collection_fails(collection: Any) -> None:
    collection.insert_many([{"_id": number} for number in range(300)])
    cursor = collection.find(batch_size=100)
    next(cursor)
    collection.drop()
    with pytest.raises(OperationFailure, match="dropped"):
        list(cursor)


def test_a_closed_cursor_is_gone(client: Client, collection: Any) -> None:
    collection.insert_many([{"_id": number} for number in range(300)])
    cursor = collection.find(batch_size=10)
    next(cursor)
    number = cursor.cursor_id
    cursor.close()
    with pytest.raises(CursorNotFound):
        client.test.command("getMore", number, collection="things")


@pytest.mark.parametrize(
    ("projection", "shown"),
    [
        ({"a": 1}, {"_id": 1, "a": {"b": 1, "c": 2}}),
        ({"a.b": 1, "_id": 0}, {"a": {"b": 1}}),
        ({"a.b": 0}, {"_id": 1, "a": {"c": 2}, "d": 3}),
        ({"_id": 0}, {"a": {"b": 1, "c": 2}, "d": 3}),
        (["d"], {"_id": 1, "d": 3}),
    ],
)
def test_projections(collection: Any, projection: Any, shown: Any) -> None:
    collection.insert_one({"_id": 1, "a": {"b": 1, "c": 2}, "d": 3})
    assert collection.find_one({}, projection) == shown


def test_sort_skip_and_limit(collection: Any) -> None:
    collection.insert_many([{"_id": number, "group": number % 3} for number in range(10)])
    found = collection.find().sort([("group", DESCENDING), ("_id", ASCENDING)]).skip(1).limit(4)
    assert [each["_id"] for each in found] == [5, 8, 1, 4]


def test_update_results(collection: Any) -> None:
    collection.insert_many([{"_id": number, "n": 0} for number in range(3)])
    same = collection.update_many({}, {"$set": {"n": 0}})
    assert (same.matched_count, same.modified_count) == (3, 0)
    changed = collection.update_one({"n": 0}, {"$inc": {"n": 1}})
    assert (changed.matched_count, changed.modified_count) == (1, 1)
    made = collection.update_one({"_id": 9, "n": 7}, {"$setOnInsert": {"new": True}}, upsert=True)
    assert made.upserted_id == 9
    assert collection.find_one({"_id": 9}) == {"_id": 9, "n": 7, "new": True}
    replaced = collection.replace_one({"_id": 9, "n": 7}, {"x": 1})
    assert replaced.modified_count == 1
    assert collection.find_one({"_id": 9}) == {"_id": 9, "x": 1}
    assert collection.delete_many({"n": 0}).deleted_count == 2


def test_find_one_and_modify(collection: Any) -> None:
    made = collection.find_one_and_update(
        {"_id": "a"}, {"$inc": {"n": 1}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    assert made == {"_id": "a", "n": 1}
    before = collection.find_one_and_update({"_id": "a"}, {"$inc": {"n": 1}}, projection={"_id": 0})
    assert before == {"n": 1}
    assert collection.find_one_and_replace({"_id": "b"}, {}) is None
    collection.insert_one({"_id": "b", "n": 9})
    assert collection.find_one_and_delete({}, sort=[("n", DESCENDING)])["_id"] == "b"


def test_a_compare_and_set_that_fails_on_an_upsert_is_a_duplicate(collection: Any) -> None:
    collection.insert_one({"_id": "sale", "lease": {"owner": "other", "expires_at": datetime(2100, 1, 1)}})
    with pytest.raises(DuplicateKeyError):
        collection.find_one_and_update(
            {"_id": "sale", "lease.expires_at": {"$lte": datetime(2026, 1, 1)}},
            {"$set": {"lease.owner": "me"}, "$inc": {"lease.generation": 1}},
            upsert=True,
        )
    assert collection.find_one()["lease"]["owner"] == "other"


def test_an_unordered_insert_goes_on_after_duplicates(collection: Any) -> None:
    collection.insert_one({"_id": 1})
    with pytest.raises(BulkWriteError) as failure:
        collection.insert_many([{"_id": 0}, {"_id": 1}, {"_id": 2}, {"_id": 2}], ordered=False)
    details = failure.value.details
    assert details["nInserted"] == 2
    assert [(each["index"], each["code"]) for each in details["writeErrors"]] == [(1, 11000), (3, 11000)]
    assert details["writeErrors"][0]["keyPattern"] == {"_id": 1}
    assert details["writeErrors"][0]["keyValue"] == {"_id": 1}


def test_an_ordered_insert_stops_at_the_first_duplicate(collection: Any) -> None:
    with pytest.raises(BulkWriteError) as failure:
        collection.insert_many([{"_id": 1}, {"_id": 1}, {"_id": 2}])
    assert failure.value.details["nInserted"] == 1
    assert collection.count_documents({}) == 1


def test_a_mixed_bulk_write(collection: Any) -> None:
    result = collection.bulk_write(
        [
            InsertOne({"_id": 1}),
            InsertOne({"_id": 2}),
            UpdateOne({"_id": 1}, {"$set": {"a": 1}}),
            ReplaceOne({"_id": 3}, {"b": 1}, upsert=True),
            DeleteOne({"_id": 2}),
        ],
        ordered=False,
    )
    assert (result.inserted_count, result.modified_count, result.deleted_count) == (2, 1, 1)
    assert result.upserted_ids == {3: 3}


def test_aggregations(collection: Any) -> None:
    collection.insert_many([{"_id": n, "status": "ab"[n % 2], "n": n} for n in range(5)])
    grouped = collection.aggregate(
        [
            {"$match": {"n": {"$gt": 0}}},
            {"$group": {"_id": "$status", "count": {"$sum": 1}, "total": {"$sum": "$n"}, "most": {"$max": "$n"}}},
            {"$sort": {"_id": 1}},
        ]
    )
    assert list(grouped) == [
        {"_id": "a", "count": 2, "total": 6, "most": 4},
        {"_id": "b", "count": 2, "total": 4, "most": 3},
    ]
    paged = collection.aggregate([{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"_id": 1}}])
    assert list(paged) == [{"_id": 3}, {"_id": 2}]
    assert list(collection.aggregate([{"$match": {"n": 99}}, {"$count": "many"}])) == []
    assert list(collection.aggregate([{"$count": "many"}])) == [{"many": 5}]


def test_counting_and_distinct(collection: Any) -> None:
    collection.create_index("a")
    collection.insert_many([{"a": 1, "b": [1, 2]}, {"a": 1, "b": 2}, {"a": None}, {}])
    assert collection.count_documents({"a": 1}) == 2
    assert collection.count_documents({"a": None}) == 2
    assert collection.count_documents({"a": 1}, skip=1, limit=5) == 1
    assert collection.count_documents({"a": 9}) == 0
    assert collection.estimated_document_count() == 4
    assert sorted(collection.distinct("b")) == [1, 2]


def test_collections_and_databases_are_listed(client: Client, collection: Any) -> None:
    collection.insert_one({})
    client.test.create_collection("empty")
    assert client.test.list_collection_names() == ["empty", "things"]
    assert client.test.list_collection_names(filter={"name": "things"}) == ["things"]
    assert "test" in client.list_database_names()
    client.drop_database("test")
    assert "test" not in client.list_database_names()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"whatsthis": 1}, 59),
        ({"find": "c", "filtre": {}}, 40415),
        ({"find": "c", "hint": "_id_"}, 40415),
        ({"find": "c", "collation": {"locale": "vi"}}, 40415),
        ({"find": ""}, 73),
        ({"insert": "c", "documents": []}, 16),
        ({"insert": "c", "documents": [{"$a": 1}]}, None),
        ({"insert": "a$b", "documents": [{}]}, 73),
        ({"aggregate": "c", "pipeline": [{"$lookup": {}}], "cursor": {}}, 115),
        ({"aggregate": "c", "pipeline": [{"$wat": {}}], "cursor": {}}, 40324),
        ({"aggregate": "c", "pipeline": [{"$group": {"_id": {"$toUpper": "$a"}}}], "cursor": {}}, 115),
        ({"createIndexes": "c", "indexes": [{"key": {"a": "text"}, "name": "a"}]}, 115),
        ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "sparse": True}]}, 115),
        ({"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "wat": 1}]}, 197),
        ({"find": "c", "projection": {"a": 1, "b": 0}}, 31254),
        ({"find": "c", "projection": {"a": "$b"}}, 115),
        ({"find": "c", "readConcern": {"level": "snapshot"}}, 72),
        ({"insert": "c", "documents": [{}], "writeConcern": {"w": 3}}, 2),
        ({"insert": "c", "documents": [{}], "txnNumber": 1}, 20),
        ({"findAndModify": "c", "query": {}}, 9),
    ],
)
def test_what_is_not_known_is_refused(client: Client, command: dict[str, Any], code: int | None) -> None:
    if code is None:
        assert client.test.command(command)["writeErrors"][0]["code"] == 52
        return
    with pytest.raises(OperationFailure) as refusal:
        client.test.command(command)
    assert refusal.value.code == code


def test_transactions_are_refused(client: Client, collection: Any) -> None:
    with client.start_session() as session, pytest.raises(OperationFailure), session.start_transaction():
        collection.insert_one({}, session=session)
