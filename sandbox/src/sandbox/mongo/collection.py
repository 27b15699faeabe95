"""One collection: its records as BSON bytes, its indexes, and the log that is told of every change."""

from __future__ import annotations

from collections.abc import Collection as Fields
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any, Final, NamedTuple

from bson import ObjectId, Regex

from sandbox.mongo.errors import Code, CommandError, bad_value
from sandbox.mongo.index_keys import IndexKey
from sandbox.mongo.index_specs import ID_INDEX, IndexSpec
from sandbox.mongo.indexes import Index
from sandbox.mongo.log import ChangeLog, Kind, NoLog
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

    def insert(self, document: Document, raw: bytes | None = None) -> Any:
        """Add a document and return its `_id`, made up if there is none. Raises CommandError 11000, 2 or 52.

        `raw`: its bytes, where they are known; they are kept as they are if `_id` comes first in them.
        """
        if next(iter(document), None) != "_id":
            document, raw = _with_id_first(document), None
        raw = encode(document) if raw is None else raw
        _refuse_bad_insert(document, raw)
        record = next(self._numbers)
        entered = []
        for index in self.indexes.values():
            keys = index.keys(document)
            if index.taken_by_other(keys, record):
                raise self._duplicate(index.spec, document)
            entered.append((index, keys))
        for index, keys in entered:
            index.add(keys, record)
        self._put(record, raw)
        return document["_id"]

    def insert_all(self, documents: Sequence[Document], raws: Sequence[bytes]) -> bool:
        """Add documents with their bytes, index by index, which costs less than `insert` for each.

        All or, where one would be refused or changed, none and returns False: then each has to be looked at alone.
        """
        records = list(islice(self._numbers, len(documents)))
        if any(next(iter(document), None) != "_id" for document in documents):
            return False
        try:
            for document, raw in zip(documents, raws, strict=True):
                _refuse_bad_insert(document, raw)
            entered = [(index, index.keyed(zip(records, documents, strict=True))) for index in self.indexes.values()]
        except CommandError:
            return False
        if any(index.has_conflict(keyed) for index, keyed in entered):
            return False
        for index, keyed in entered:
            index.add_new(keyed)
        self.records.update(zip(records, raws, strict=True))
        self._log.append_all(Kind.PUT, self.namespace, raws)
        return True

    def replace(self, match: Match, document: Document, *, affected: Sequence[Index]) -> bool:
        """Put a new state in place of a found record; False if it is the same. Raises CommandError 66 or 11000.

        `affected`: the indexes that hold fields which may be others, see `affected_by`.
        """
        raw = encode(document)
        if raw == match.raw:
            return False
        _refuse_oversize(raw)
        changes = []
        for index in affected:
            before, after = index.keys(match.document), index.keys(document)
            if before != after:
                self._refuse_change(index, after, match.record, document)
                changes.append((index, before, after))
        for index, before, after in changes:
            index.remove(before, match.record)
            index.add(after, match.record)
        self._put(match.record, raw)
        return True

    def affected_by(self, fields: Fields[str] | None) -> Sequence[Index]:
        """The indexes in which a document may stand elsewhere when these fields of it are others; None: any field."""
        return [index for index in self.indexes.values() if fields is None or index.may_change_with(fields)]

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

    def frozen(self) -> Collection:
        """A copy that later changes do not reach."""
        copy = Collection(self.namespace, NoLog())
        copy.load(iter(list(self.records.values())), iter([index.spec for index in self.indexes.values()]))
        return copy

    def load(self, documents: Iterator[bytes], specs: Iterator[IndexSpec]) -> None:
        """Fill an empty collection with what the log kept, which was checked when it was written."""
        self.records = dict(zip(self._numbers, documents, strict=False))
        for spec in (ID_INDEX, *specs):
            self.indexes[spec.name] = Index(spec)
        for index in self.indexes.values():
            index.fill(self._decoded())

    def _decoded(self) -> Iterator[tuple[int, Document]]:
        return ((record, decode(raw)) for record, raw in self.records.items())

    def _put(self, record: int, raw: bytes) -> None:
        self.records[record] = raw
        self._log.append(Kind.PUT, self.namespace, raw)

    def _refuse_change(self, index: Index, keys: Sequence[IndexKey], record: int, document: Document) -> None:
        if index.spec is ID_INDEX:
            raise CommandError(
                Code.ImmutableField,
                "Performing an update on the path '_id' would modify the immutable field '_id'",
            )
        if index.taken_by_other(keys, record):
            raise self._duplicate(index.spec, document)

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


def _refuse_oversize(raw: bytes) -> None:
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise CommandError(Code.BSONObjectTooLarge, f"The document is larger than {MAX_DOCUMENT_BYTES} bytes")


def _with_id_first(document: Document) -> Document:
    return {"_id": document["_id"] if "_id" in document else ObjectId(), **document}


def _refuse_bad_insert(document: Document, raw: bytes) -> None:
    if isinstance(document["_id"], (list, Regex)):
        raise bad_value("The '_id' value cannot be an array or a regular expression")
    if "\0$" in "\0".join(document):  # no name holds a zero, and the first one is `_id`
        name = next(name for name in document if name.startswith("$"))
        raise CommandError(
            Code.DollarPrefixedFieldName, f"The dollar ($) prefixed field '{name}' is not valid for storage."
        )
    _refuse_oversize(raw)
