"""The record log: what was written comes back, a torn end is cut off, damage is not passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.mongo.catalogue import LOG_NAME, DataDirectory, DirectoryInUseError
from sandbox.mongo.collection import Collection
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.index_specs import parse_index_spec
from sandbox.mongo.log import FileLog, Kind, LogDamagedError, Record, read_records, rewrite
from sandbox.mongo.search import Search
from sandbox.mongo.updates import compile_update
from sandbox.mongo.values import decode, encode
from sandbox.mongo.writes import delete_documents, update_documents

RECORDS = [
    Record(kind=Kind.CREATE_COLLECTION, namespace="d.c"),
    Record(kind=Kind.PUT, namespace="d.c", payload=encode({"_id": 1, "text": "x" * 50})),
    Record(kind=Kind.PUT, namespace="d.grün", payload=encode({"_id": 2})),
]


def documents(collection: Collection) -> list[dict[str, Any]]:
    return [decode(raw) for raw in collection.records.values()]


def test_appended_records_come_back(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "log")
    for record in RECORDS:
        log.append(record.kind, record.namespace, record.payload)
    log.close()
    assert list(read_records(tmp_path / "log")) == RECORDS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 500))
def test_a_log_cut_anywhere_gives_the_whole_records_before(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log"
    rewrite(path, RECORDS)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(len(whole) - cut, 0)])
    survivors = list(read_records(path))
    assert survivors == RECORDS[: len(survivors)]
    assert len(survivors) < len(RECORDS)


def test_damage_before_the_end_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "log"
    rewrite(path, RECORDS)
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"xxxx")] = ord("y")
    path.write_bytes(damaged)
    with pytest.raises(LogDamagedError, match="log"):
        list(read_records(path))


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path)
    catalogue = first.open()
    kept = catalogue.collection("d", "kept", create=True)
    kept.create_index(parse_index_spec({"name": "n", "key": {"n": 1}, "unique": True}))
    kept.create_index(parse_index_spec({"name": "gone", "key": {"x": 1}}))
    for number in range(5):
        kept.insert({"_id": number, "n": number})
    update_documents(kept, {"n": 2}, compile_update({"$set": {"n": 20}}), multi=False, upsert=False)
    delete_documents(kept, {"n": 3}, limit=1)
    kept.drop_index("gone")
    catalogue.collection("d", "dropped", create=True).insert({"_id": 1})
    catalogue.drop("d", "dropped")
    catalogue.close()
    first.release()

    second = DataDirectory(tmp_path)
    again = second.open()
    collection = again.collection("d", "kept")
    assert again.names("d") == ["kept"]
    assert [each["n"] for each in documents(collection)] == [0, 1, 20, 4]
    assert list(collection.indexes) == ["_id_", "n"]
    assert [match.document["_id"] for match in Search(collection, {"n": 20})] == [2]
    with pytest.raises(CommandError) as refusal:
        collection.insert({"_id": 9, "n": 20})
    assert refusal.value.code == Code.DuplicateKey
    again.close()
    second.release()


def test_opening_leaves_out_what_was_overwritten(tmp_path: Path) -> None:
    path = tmp_path / LOG_NAME
    rewrite(path, [Record(kind=Kind.PUT, namespace="d.c", payload=encode({"_id": 1, "n": n})) for n in range(100)])
    directory = DataDirectory(tmp_path)
    directory.open().close()
    directory.release()
    kinds = [record.kind for record in read_records(path)]
    assert kinds == [Kind.CREATE_COLLECTION, Kind.PUT]


def test_a_directory_has_one_server(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path)
    with pytest.raises(DirectoryInUseError, match="Stop it"):
        DataDirectory(tmp_path)
    first.release()
    DataDirectory(tmp_path).release()


def test_after_a_failed_write_nothing_is_acknowledged(tmp_path: Path) -> None:
    log = FileLog(Path("/dev/full"))
    log.append(Kind.PUT, "d.c", b"x")
    for _ in range(2):
        with pytest.raises(CommandError) as refusal:
            log.flush()
        assert refusal.value.code == Code.OutOfDiskSpace
    log.close()
