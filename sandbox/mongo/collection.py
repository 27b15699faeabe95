"""One collection: its records as BSON bytes, its indexes, and the log that is told of every change."""

from __future__ import annotations

from collections.abc import Collection as Fields
from collections.abc import Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from bson import ObjectId, Regex

from sandbox.mongo.errors import Code, CommandError, bad_value
from sandbox.mongo.index_specs import ID_INDEX, IndexSpec
from sandbox.mongo.indexes import Index, IndexKey
from sandbox.mongo.log import ChangeLog, Kind
from sandbox.mongo.ordering import order_key
from sandbox.mongo.paths import Path, plain_value
from sandbox.mongo.values import ARRAY, MISSING, Document, decode, encode

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024


class Match(NamedTuple):
    """A record that was found: its number, its bytes and the document in them."""

    record: int
    raw: bytes
    document: Document


class Collection:
    """Records under numbers that only grow. Every change is checked whole before anything is touched.

    Used by one thread at a time.
    """

    def __init__(self, namespace: str, log: ChangeLog) -> None:
        self.namespace = namespace
        self.records: dict[int, bytes] = {}
        self.indexes: dict[str, Index] = {ID_INDEX.name: Index(ID_INDEX)}
        self.dropped = False
        self._log = log
        self._numbers = count(1)

    def insert(self, document: Document) -> Any:
        """Add a document and return its `_id`, made up if there is none. Raises CommandError 11000, 2 or 52."""
        document = _with_id_first(document)
        _refuse_bad_insert(document)
        self._store(next(self._numbers), document, old=None)
        return document["_id"]

    def replace(self, match: Match, document: Document, *, touched: Fields[str] | None = None) -> bool:
        """Put a new state in place of a found record; False if it is the same. Raises CommandError 66 or 11000.

        `touched`: the only fields that may be others; None: any may.
        """
        if order_key(document.get("_id", MISSING)) != order_key(match.document["_id"]):
            raise CommandError(
                Code.ImmutableField,
                "Performing an update on the path '_id' would modify the immutable field '_id'",
            )
        return self._store(match.record, document, old=match, touched=touched)

    def remove(self, match: Match) -> None:
        """Delete a found record."""
        for index in self.indexes.values():
            index.remove(index.keys(match.document), match.record)
        del self.records[match.record]
        self._log.append(Kind.DELETE, self.namespace, encode({"_id": match.document["_id"]}))

    def by_number(self, record: int) -> Match | None:
        """The record with this number, if it is still there."""
        raw = self.records.get(record)
        return None if raw is None else Match(record, raw, decode(raw))

    def create_index(self, spec: IndexSpec) -> bool:
        """Build an index; False if it exists already. Raises CommandError 85, 86, 67 or 11000."""
        if spec.fields == ID_INDEX.fields:
            return False
        if self._has_index(spec):
            return False
        index = self._built(spec)
        self.indexes[spec.name] = index
        self._log.append(Kind.CREATE_INDEX, self.namespace, encode(spec.as_document()))
        return True

    def drop_index(self, name: str) -> None:
        """Remove an index. Raises CommandError 27 or 72."""
        if name == ID_INDEX.name:
            raise CommandError(Code.InvalidOptions, "cannot drop _id index")
        if name not in self.indexes:
            raise CommandError(Code.IndexNotFound, f"index not found with name [{name}]")
        del self.indexes[name]
        self._log.append(Kind.DROP_INDEX, self.namespace, encode({"name": name}))

    def load(self, documents: Iterator[bytes], specs: Iterator[IndexSpec]) -> None:
        """Fill an empty collection with what the log kept, which was checked when it was written."""
        self.records = dict(zip(self._numbers, documents, strict=False))
        for spec in (ID_INDEX, *specs):
            self.indexes[spec.name] = Index(spec)
        for index in self.indexes.values():
            index.fill(self._decoded())

    def _decoded(self) -> Iterator[tuple[int, Document]]:
        return ((record, decode(raw)) for record, raw in self.records.items())

    def _store(self, record: int, document: Document, *, old: Match | None, touched: Fields[str] | None = None) -> bool:
        raw = encode(document)
        if old is not None and raw == old.raw:
            return False
        if len(raw) > MAX_DOCUMENT_BYTES:
            raise CommandError(Code.BSONObjectTooLarge, f"The document is larger than {MAX_DOCUMENT_BYTES} bytes")
        changes = self._index_changes(record, document, old, touched)
        for index, before, after in changes:
            index.remove(before, record)
            index.add(after, record)
        self.records[record] = raw
        self._log.append(Kind.PUT, self.namespace, raw)
        return True

    def _index_changes(
        self, record: int, document: Document, old: Match | None, touched: Fields[str] | None
    ) -> list[tuple[Index, tuple[IndexKey, ...], tuple[IndexKey, ...]]]:
        changes = []
        for index in self.indexes.values():
            if touched is not None and not index.may_change_with(touched):
                continue
            before = () if old is None else index.keys(old.document)
            after = index.keys(document)
            if before == after:
                continue
            if index.taken_by_other(after, record) is not None:
                raise self._duplicate(index.spec, document)
            changes.append((index, before, after))
        return changes

    def _has_index(self, spec: IndexSpec) -> bool:
        same_name = self.indexes.get(spec.name)
        if same_name is not None:
            if same_name.spec == spec and same_name.spec.fields == spec.fields:
                return True
            raise CommandError(
                Code.IndexKeySpecsConflict,
                f"An existing index has the same name as the requested index, but differs: {spec.name}",
            )
        for index in self.indexes.values():
            if index.spec.key == spec.key and index.spec.fields == spec.fields:
                raise CommandError(
                    Code.IndexOptionsConflict, f"Index already exists with a different name: {index.spec.name}"
                )
        return False

    def _built(self, spec: IndexSpec) -> Index:
        index = Index(spec)
        index.fill(self._decoded())
        if spec.unique:
            duplicate = index.first_duplicate()
            if duplicate is not None:
                raise self._duplicate(spec, decode(self.records[duplicate]))
        return index

    def _duplicate(self, spec: IndexSpec, document: Document) -> CommandError:
        values = {field: _shown(document, path) for field, path in zip(spec.fields, spec.paths, strict=True)}
        shown = ", ".join(f"{field}: {value!r}" for field, value in values.items())
        return CommandError(
            Code.DuplicateKey,
            f"E11000 duplicate key error collection: {self.namespace} index: {spec.name} dup key: {{ {shown} }}",
            details={"keyPattern": dict(spec.key), "keyValue": values},
        )


def _shown(document: Document, path: Path) -> Any:
    value = plain_value(document, path)
    if value is ARRAY:
        return document[path[0]]
    return None if value is MISSING else value


def _with_id_first(document: Document) -> Document:
    if "_id" not in document:
        return {"_id": ObjectId(), **document}
    if next(iter(document)) != "_id":
        return {"_id": document["_id"], **document}
    return document


def _refuse_bad_insert(document: Document) -> None:
    identity = document["_id"]
    if isinstance(identity, list | Regex):
        raise bad_value("The '_id' value cannot be an array or a regular expression")
    for name in document:
        if name.startswith("$"):
            raise CommandError(
                Code.DollarPrefixedFieldName, f"The dollar ($) prefixed field '{name}' is not valid for storage."
            )
