"""Updates, compiled before any data is touched: operators on paths, a whole replacement, or a pipeline."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

from sandbox.mongo.clock import server_time
from sandbox.mongo.errors import Code, CommandError, failed_to_parse, unsupported
from sandbox.mongo.paths import Path, parse_path
from sandbox.mongo.pipeline_updates import compile_pipeline_update
from sandbox.mongo.update_operators import KNOWN_TO_MONGODB, OPERATORS, Change
from sandbox.mongo.values import Document, is_operator_document

_SortablePart: TypeAlias = tuple[int, int, str]


class Update(Protocol):
    """What becomes of a document."""

    @property
    def replaces(self) -> bool:
        """Whether the whole document but its `_id` is replaced."""

    @property
    def touches(self) -> Collection[str] | None:
        """The only fields that may be others afterwards, by the first part of their paths; None: any may."""

    @property
    def nested(self) -> bool:
        """Whether `apply` may change what the document's fields hold, and not only which values they have."""

    def apply(self, document: Document, *, inserting: bool) -> Document:
        """The new state of a document; may change the one that is passed in. Raises CommandError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    path: Path
    change: Change
    only_on_insert: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Modification:
    """Operators, in the order of their paths."""

    steps: Sequence[_Step]
    touches: Collection[str]
    nested: bool
    """Whether a path leads into a field."""

    @property
    def replaces(self) -> bool:
        """No: what is not named stays."""
        return False

    def apply(self, document: Document, *, inserting: bool) -> Document:
        """Change the document in place and return it."""
        for step in self.steps:
            if inserting or not step.only_on_insert:
                step.change(document, step.path)
        return document


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    """A whole new document, which keeps the old `_id` unless it brings one."""

    replacement: Document

    @property
    def replaces(self) -> bool:
        """Yes."""
        return True

    @property
    def touches(self) -> None:
        """None: any field."""
        return None

    @property
    def nested(self) -> bool:
        """No: the old fields are left alone."""
        return False

    def apply(self, document: Document, *, inserting: bool) -> Document:
        """The replacement, with the document's `_id` first."""
        identity = {"_id": document["_id"]} if "_id" in document else {}
        return {**identity, **self.replacement}


def compile_update(spec: Any, now: datetime | None = None) -> Update:
    """An update from what stands in a command, at this time of the server's (None: at this moment).

    Raises CommandError 9 (unknown operator), 40 (conflicting paths), 52, 2, 14, or 115 for what only MongoDB can do.
    """
    if type(spec) is list:
        return compile_pipeline_update(spec, now or server_time())
    if type(spec) is not dict:
        raise failed_to_parse("Update argument must be either an object or an array")
    if is_operator_document(spec):
        steps = sorted(_steps(spec), key=lambda step: [_sortable(part) for part in step.path])
        _refuse_conflicts([step.path for step in steps])
        return Modification(
            steps=steps,
            touches=frozenset(step.path[0] for step in steps),
            nested=any(len(step.path) > 1 for step in steps),
        )
    for name in spec:
        if name.startswith("$"):
            raise CommandError(
                Code.DollarPrefixedFieldName, f"The dollar ($) prefixed field '{name}' is not valid in a replacement."
            )
    return Replacement(replacement=spec)


def _steps(spec: Document) -> Iterator[_Step]:
    for name, fields in spec.items():
        operator = OPERATORS.get(name)
        if operator is None and name in KNOWN_TO_MONGODB:
            raise unsupported(f"the update operator {name}")
        if operator is None:
            raise failed_to_parse(f"Unknown modifier: {name}. Expected a valid update modifier")
        if type(fields) is not dict:
            raise failed_to_parse(f"Modifiers operate on fields but we found type {type(fields).__name__} instead")
        for field, operand in fields.items():
            path = parse_path(field)
            if any(part.startswith("$") for part in path):
                raise unsupported(f"the positional path '{field}'")
            yield _Step(path=path, change=operator.compile(operand), only_on_insert=operator.only_on_insert)


def _sortable(part: str) -> _SortablePart:
    """New fields appear in the order of their names, numbers by value: so says MongoDB since 5.0."""
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _refuse_conflicts(paths: Sequence[Path]) -> None:
    """Paths come sorted, so that a path stands right before those that begin with it."""
    for earlier, later in pairwise(paths):
        if later[: len(earlier)] == earlier:
            raise CommandError(
                Code.ConflictingUpdateOperators,
                f"Updating the path '{'.'.join(later)}' would create a conflict at '{'.'.join(earlier)}'",
            )
