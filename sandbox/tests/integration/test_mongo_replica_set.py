"""Unmodified pymongo against the MongoDB stand-in as a replica set: sessions, lagging members, a deposed primary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import Int64
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import NotPrimaryError, OperationFailure
from pymongo.read_concern import ReadConcern

from sandbox.mongo.mongo_server import MongoServer
from sandbox.mongo_control import MongoControl
from tests.integration.mongo_fixtures import Client, connected


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    server = MongoServer(data=None, replica_set="rs0")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def control(server: MongoServer) -> Iterator[MongoControl]:
    control = MongoControl(f"mongodb://{server.host}:{server.port}/")
    yield control
    control.recover()


@pytest.fixture
def client(server: MongoServer) -> Iterator[Client]:
    with connected(server.port, appname="seen") as client:
        yield client


@pytest.fixture
def things(client: Client, control: MongoControl) -> Iterator[Any]:
    yield client.test.things.with_options(write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority"))
    control.recover()
    client.drop_database("test")


def test_a_driver_finds_a_replica_set_with_a_primary(client: Client, server: MongoServer) -> None:
    client.admin.command("ping")
    assert client.topology_description.topology_type_name == "ReplicaSetWithPrimary"
    assert client.primary == (server.host, server.port)


def test_now_is_the_same_all_through_a_command(things: Any) -> None:
    things.insert_many([{"_id": number} for number in range(500)])
    things.update_many({}, [{"$set": {"at": "$$NOW", "until": {"$add": ["$$NOW", 5000]}}}])
    times = things.distinct("at")
    assert len(times) == 1
    assert things.distinct("until") == [times[0] + timedelta(seconds=5)]


def test_an_upsert_by_pipeline_says_what_came_of_it(things: Any) -> None:
    take = [{"$set": {"owner": {"$ifNull": ["$owner", "me"]}, "n": {"$add": [{"$ifNull": ["$n", 0]}, 1]}}}]
    for number in (1, 2):
        found = things.find_one_and_update({"_id": "sale"}, take, upsert=True, return_document=True)
        assert found == {"_id": "sale", "owner": "me", "n": number}


@pytest.mark.parametrize("mode", [ReadPreference.SECONDARY_PREFERRED, ReadPreference.NEAREST])
def test_secondaries_lag_until_they_catch_up(things: Any, control: MongoControl, mode: Any) -> None:
    things.insert_one({"_id": 1})
    control.lag()
    things.insert_one({"_id": 2})
    things.update_one({"_id": 1}, {"$set": {"new": True}})
    seen = things.with_options(read_preference=mode)
    assert list(seen.find()) == [{"_id": 1}]
    assert seen.count_documents({}) == 1
    assert list(seen.aggregate([{"$match": {"new": True}}])) == []
    for current in (things, things.with_options(read_preference=ReadPreference.PRIMARY_PREFERRED)):
        assert current.count_documents({}) == 2
    control.recover()
    assert seen.count_documents({"new": True}) == 1


def test_what_a_session_has_written_a_lagging_secondary_does_not_deny(
    client: Client, things: Any, control: MongoControl
) -> None:
    control.lag()
    seen = things.with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
    with client.start_session(causal_consistency=True) as session:
        things.insert_one({"_id": 1}, session=session)
        with pytest.raises(OperationFailure) as refusal:
            seen.find_one({}, session=session)
        assert refusal.value.code == 50
        control.recover()
        assert seen.find_one({}, session=session) == {"_id": 1}


def test_a_deposed_primary_answers_from_its_past_and_writes_nothing(
    server: MongoServer, things: Any, control: MongoControl
) -> None:
    things.insert_one({"_id": 1})
    control.depose("seen")
    with connected(server.port, appname="other") as other:
        other.test.things.insert_one({"_id": 2})
        assert other.test.things.count_documents({}) == 2
        assert things.count_documents({}) == 1
        with pytest.raises(NotPrimaryError):
            things.insert_one({"_id": 3})
        with pytest.raises(NotPrimaryError):
            things.with_options(read_concern=ReadConcern("linearizable")).find_one({"_id": 1})
        control.recover()
        assert things.count_documents({}) == 2


def test_a_deposed_primary_gives_no_answer_to_who_has_seen_more(
    client: Client, server: MongoServer, things: Any, control: MongoControl
) -> None:
    control.depose("seen")
    with connected(server.port, appname="other") as other, client.start_session(causal_consistency=True) as session:
        with other.start_session(causal_consistency=True) as elsewhere:
            other.test.things.insert_one({"_id": 1}, session=elsewhere)
            assert elsewhere.operation_time is not None
            session.advance_operation_time(elsewhere.operation_time)
        with pytest.raises(NotPrimaryError):
            things.find_one({}, session=session)


def test_a_write_that_is_sent_again_is_done_once(client: Client, things: Any) -> None:
    with client.start_session() as session:
        number: dict[str, Any] = {"lsid": session.session_id, "txnNumber": Int64(1)}
        count = {
            "findAndModify": "things",
            "query": {"_id": 1},
            "update": {"$inc": {"n": 1}},
            "upsert": True,
            "new": True,
        }
        replies = [client.test.command({**count, **number})["value"] for _ in range(2)]
        assert replies == [{"_id": 1, "n": 1}] * 2
        assert client.test.command({**count, **number, "txnNumber": Int64(2)})["value"]["n"] == 2
        with pytest.raises(OperationFailure) as refusal:
            client.test.command({**count, **number})
        assert refusal.value.code == 225


def test_a_standalone_has_no_such_fail_points() -> None:
    server = MongoServer(data=None)
    server.start()
    try:
        with pytest.raises(OperationFailure, match="--replica-set"):
            MongoControl(f"mongodb://{server.host}:{server.port}/").lag()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"configureFailPoint": "failCommand", "mode": "alwaysOn"}, 115),
        ({"configureFailPoint": "rsSyncApplyStop", "mode": {"times": 1}}, 115),
        ({"configureFailPoint": "rsSyncApplyStop", "mode": "alwaysOn", "data": {"wat": 1}}, 115),
        ({"find": "c", "readConcern": {"afterClusterTime": 1}}, 14),
        ({"insert": "c", "documents": [{}], "txnNumber": Int64(1), "startTransaction": True}, 115),
        ({"insert": "c", "documents": [{}], "txnNumber": "1"}, 14),
        ({"find": "c", "txnNumber": Int64(1)}, 40415),
    ],
)
def test_what_is_not_known_is_refused(client: Client, command: dict[str, Any], code: int) -> None:
    with pytest.raises(OperationFailure) as refusal:
        client.admin.command(command)
    assert refusal.value.code == code
