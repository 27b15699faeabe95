"""All databases and collections of a server, in memory, kept by the log."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.mongo.collection import Collection
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.index_specs import IndexSpec, parse_index_spec
from sandbox.mongo.log import ChangeLog, FileLog, Kind, NoLog, Record, read_records, rewrite
from sandbox.mongo.ordering import OrderKey, order_key
from sandbox.mongo.values import decode, encode

LOG_NAME: Final = "records.log"
_LOCK_NAME: Final = "lock"


class DirectoryInUseError(Exception):
    """Another server works on this data directory. Stop it, or choose another directory."""


class Catalogue:
    """Collections by database and name."""

    def __init__(self, log: ChangeLog, collections: dict[tuple[str, str], Collection] | None = None) -> None:
        self._log = log
        self._collections = collections or {}

    def collection(self, database: str, name: str, *, create: bool = False) -> Collection:
        """A collection; where there is none, a new one if `create`, else an empty one that is not kept."""
        found = self._collections.get((database, name))
        if found is not None:
            return found
        namespace = f"{database}.{name}"
        if not create:
            return Collection(namespace, NoLog())
        _check_names(database, name)
        made = self._collections[database, name] = Collection(namespace, self._log)
        self._log.append(Kind.CREATE_COLLECTION, namespace)
        return made

    def exists(self, database: str, name: str) -> bool:
        """Whether a collection was created, by hand or by the first write."""
        return (database, name) in self._collections

    def databases(self) -> list[str]:
        """The names of all databases that have a collection."""
        return sorted({database for database, _ in self._collections})

    def names(self, database: str) -> list[str]:
        """The names of a database's collections."""
        return sorted(name for owner, name in self._collections if owner == database)

    def all(self) -> list[Collection]:
        """Every collection."""
        return list(self._collections.values())

    def drop(self, database: str, name: str) -> None:
        """Forget a collection that exists; open cursors on it fail."""
        dropped = self._collections.pop((database, name))
        dropped.dropped = True
        dropped.records.clear()
        self._log.append(Kind.DROP_COLLECTION, dropped.namespace)

    def frozen(self) -> Catalogue:
        """A copy of everything that later changes do not reach. It is kept by no log."""
        return Catalogue(NoLog(), {key: collection.frozen() for key, collection in self._collections.items()})

    def flush(self) -> None:
        """Make everything written so far survive the death of the process."""
        self._log.flush()

    def close(self) -> None:
        """Flush and let go of the log."""
        self._log.close()


class DataDirectory:
    """A directory with a log, used by one server at a time."""

    def __init__(self, path: Path) -> None:
        """Make the directory and lock it. Raises DirectoryInUseError."""
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = os.open(path / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryInUseError(f"{path}: another server works on it. Stop it or choose another one.") from None

    def open(self) -> Catalogue:
        """Read the log, write it anew without what was overwritten, and go on from there."""
        path = self._path / LOG_NAME
        snapshots = _replay(read_records(path)) if path.exists() else {}
        rewrite(path, _records_of(snapshots))
        log = FileLog(path)
        collections = {
            split_namespace(namespace): snapshot.restore(namespace, log) for namespace, snapshot in snapshots.items()
        }
        return Catalogue(log, collections)

    def release(self) -> None:
        """Let another server have it."""
        os.close(self._lock)


@dataclass(kw_only=True, slots=True)
class _Snapshot:
    """A collection as the log tells it."""

    documents: dict[OrderKey, bytes] = field(default_factory=dict)
    indexes: dict[str, IndexSpec] = field(default_factory=dict)

    def restore(self, namespace: str, log: ChangeLog) -> Collection:
        collection = Collection(namespace, log)
        collection.load(iter(self.documents.values()), iter(self.indexes.values()))
        return collection


def split_namespace(namespace: str) -> tuple[str, str]:
    """(database, collection) of a namespace; only the database's name cannot hold a dot."""
    database, _, name = namespace.partition(".")
    return database, name


def _replay(records: Iterator[Record]) -> dict[str, _Snapshot]:
    snapshots: dict[str, _Snapshot] = {}
    for record in records:
        if record.kind is Kind.DROP_COLLECTION:
            snapshots.pop(record.namespace, None)
            continue
        _apply(record, snapshots.setdefault(record.namespace, _Snapshot()))
    return snapshots


def _apply(record: Record, snapshot: _Snapshot) -> None:
    if record.kind is Kind.CREATE_COLLECTION:
        return
    content = decode(record.payload)
    if record.kind is Kind.PUT:
        snapshot.documents[order_key(content["_id"])] = record.payload
    elif record.kind is Kind.DELETE:
        snapshot.documents.pop(order_key(content["_id"]))
    elif record.kind is Kind.CREATE_INDEX:
        snapshot.indexes[content["name"]] = parse_index_spec(content)
    else:
        snapshot.indexes.pop(content["name"])


def _records_of(snapshots: dict[str, _Snapshot]) -> Iterator[Record]:
    for namespace, snapshot in snapshots.items():
        yield Record(kind=Kind.CREATE_COLLECTION, namespace=namespace)
        for spec in snapshot.indexes.values():
            yield Record(kind=Kind.CREATE_INDEX, namespace=namespace, payload=encode(spec.as_document()))
        for raw in snapshot.documents.values():
            yield Record(kind=Kind.PUT, namespace=namespace, payload=raw)


def _check_names(database: str, name: str) -> None:
    forbidden = set('/\\. "$\0')
    if not database or forbidden & set(database):
        raise CommandError(Code.InvalidNamespace, f"Invalid database name: '{database}'")
    if not name or "$" in name or "\0" in name or name.startswith((".", "system.")):
        raise CommandError(Code.InvalidNamespace, f"Invalid collection name: '{name}'")
