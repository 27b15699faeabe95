"""What an index is: its fields and options, checked when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.mongo.errors import Code, CommandError, unsupported
from sandbox.mongo.filters import compile_filter
from sandbox.mongo.paths import Path, parse_path
from sandbox.mongo.values import Document

_OPTIONS: Final = frozenset({"v", "key", "name", "unique", "expireAfterSeconds", "partialFilterExpression"})
_KNOWN_TO_MONGODB: Final = frozenset(
    {
        "2dsphereIndexVersion",
        "background",
        "bits",
        "clustered",
        "collation",
        "default_language",
        "hidden",
        "language_override",
        "max",
        "min",
        "sparse",
        "storageEngine",
        "textIndexVersion",
        "weights",
        "wildcardProjection",
    }
)
_MAX_TTL_SECONDS: Final = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexSpec:
    """An index's definition. Directions are kept for listIndexes; entries always stand in ascending order."""

    name: str
    key: Mapping[str, int]
    paths: tuple[Path, ...]
    unique: bool = False
    expire_after_seconds: float | None = None
    partial_filter: Document | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The dotted names of the indexed fields, in order."""
        return tuple(self.key)

    def as_document(self) -> Document:
        """The definition as listIndexes shows it and the log keeps it."""
        document: Document = {"v": 2, "key": dict(self.key), "name": self.name}
        if self.unique and self.name != ID_INDEX.name:
            document["unique"] = True
        if self.expire_after_seconds is not None:
            document["expireAfterSeconds"] = self.expire_after_seconds
        if self.partial_filter is not None:
            document["partialFilterExpression"] = self.partial_filter
        return document


ID_INDEX: Final = IndexSpec(name="_id_", key={"_id": 1}, paths=(("_id",),), unique=True)
"""The index that every collection has."""


def parse_index_spec(document: Any) -> IndexSpec:
    """A definition from createIndexes. Raises CommandError 67, 197 or 14, or 115 for what only MongoDB can do."""
    if type(document) is not dict:
        raise CommandError(Code.TypeMismatch, "An index must be described by an object")
    _check_options(document)
    key = _parse_key(document.get("key"))
    name = document.get("name")
    if type(name) is not str or not name:
        raise CommandError(Code.CannotCreateIndex, "An index needs a name")
    return IndexSpec(
        name=name,
        key=key,
        paths=tuple(parse_path(field) for field in key),
        unique=bool(document.get("unique", False)),
        expire_after_seconds=_parse_ttl(document.get("expireAfterSeconds"), key),
        partial_filter=_parse_partial_filter(document.get("partialFilterExpression")),
    )


def _check_options(document: Document) -> None:
    for option in document:
        if option in _KNOWN_TO_MONGODB:
            raise unsupported(f"the index option '{option}'")
        if option not in _OPTIONS:
            raise CommandError(
                Code.InvalidIndexSpecificationOption,
                f"The field '{option}' is not valid for an index specification.",
            )


def _parse_key(key: Any) -> dict[str, int]:
    if type(key) is not dict or not key:
        raise CommandError(Code.CannotCreateIndex, "Index keys cannot be empty.")
    for field, direction in key.items():
        if type(direction) is str:
            raise unsupported(f"an index of the type '{direction}'")
        if direction not in (1, -1) or type(direction) is bool:
            raise CommandError(Code.CannotCreateIndex, f"The direction of the indexed field '{field}' must be 1 or -1")
    return {field: int(direction) for field, direction in key.items()}


def _parse_ttl(seconds: Any, key: Mapping[str, int]) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _MAX_TTL_SECONDS:
        raise CommandError(Code.CannotCreateIndex, f"expireAfterSeconds must be a number from 0 to {_MAX_TTL_SECONDS}")
    if len(key) != 1 or "_id" in key:
        raise CommandError(Code.CannotCreateIndex, "TTL indexes are single-field indexes, and not on _id")
    return seconds


def _parse_partial_filter(spec: Any) -> Document | None:
    if spec is None:
        return None
    compile_filter(spec)
    return dict(spec)
