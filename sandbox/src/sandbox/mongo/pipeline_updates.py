"""Updates by an aggregation pipeline: `$set`, `$unset` and `$replaceWith`, compiled before any data is touched.

Source: MongoDB, "Updates with Aggregation Pipeline". `$$NOW` is the same for a whole command.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, TypeAlias

from sandbox.mongo.errors import Code, CommandError, bad_value, failed_to_parse, unsupported
from sandbox.mongo.expressions import Expression, compile_expression
from sandbox.mongo.paths import Path, parse_path, unset_value
from sandbox.mongo.values import MISSING, Document, is_operator_document

Stage: TypeAlias = Callable[[Document], Document]

_KNOWN_TO_MONGODB: Final = frozenset({"$project", "$replaceRoot"})


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineUpdate:
    """Stages, one after the other; each sees what the one before it made."""

    stages: Sequence[Stage]
    touches: Collection[str] | None

    @property
    def replaces(self) -> bool:
        """No: an upsert begins with all of the filter's equalities, and many documents may be updated at once."""
        return False

    @property
    def nested(self) -> bool:
        """Yes: a stage may set what lies within a field."""
        return True

    def apply(self, document: Document, *, inserting: bool) -> Document:
        """What the last stage makes of it; `_id` stays when a stage leaves it out."""
        identity = {"_id": document["_id"]} if "_id" in document else {}
        for stage in self.stages:
            document = stage(document)
        return document if "_id" in document else {**identity, **document}


def compile_pipeline_update(spec: Sequence[Any], now: datetime) -> PipelineUpdate:
    """An update from the stages in a command, at this time of the server's.

    Raises CommandError 40324 for an unknown stage, 72 for one that is no update, 115 for what only MongoDB can do.
    """
    stages: list[Stage] = []
    touches: set[str] | None = set()
    for each in spec:
        if type(each) is not dict or len(each) != 1:
            raise CommandError(
                Code.Location40323, "A pipeline stage specification object must contain exactly one field."
            )
        ((name, operand),) = each.items()
        stage, changed = _compile(name, operand, now)
        stages.append(stage)
        touches = None if changed is None or touches is None else touches | changed
    return PipelineUpdate(stages=stages, touches=touches)


def _compile(name: str, operand: Any, now: datetime) -> tuple[Stage, set[str] | None]:
    """The stage, and the only fields that it changes; None: any."""
    if name in ("$set", "$addFields"):
        if type(operand) is not dict or not operand:
            raise failed_to_parse(f"{name} specification stage must be an object with at least one field")
        sets = sorted(_sets((), operand, now), key=lambda each: each[0])
        _refuse_conflicts([path for path, _ in sets])
        return (lambda document: _with(document, sets)), {path[0] for path, _ in sets}
    if name == "$unset":
        paths = [parse_path(path) for path in _names(operand)]
        return (lambda document: _without(document, paths)), {path[0] for path in paths}
    if name == "$replaceWith":
        expression = compile_expression(operand, {"$$NOW": now})
        return (lambda document: _replacement(expression(document))), None
    if name in _KNOWN_TO_MONGODB:
        raise unsupported(f"the stage {name} in an update")
    if name.startswith("$"):
        raise CommandError(Code.InvalidOptions, f"{name} is not allowed to be used within an update")
    raise CommandError(Code.Location40324, f"Unrecognized pipeline stage name: '{name}'")


def _sets(above: Path, fields: Document, now: datetime) -> Iterator[tuple[Path, Expression]]:
    """What is set, by path. A document that is no operator names fields within a field, and leaves the others."""
    for name, value in fields.items():
        path = (*above, *parse_path(name))
        if type(value) is dict and value and not is_operator_document(value):
            yield from _sets(path, value, now)
        else:
            yield path, compile_expression(value, {"$$NOW": now})


def _refuse_conflicts(paths: Sequence[Path]) -> None:
    """Paths come sorted, so that a path stands right before those that begin with it."""
    for earlier, later in pairwise(paths):
        if later[: len(earlier)] == earlier:
            raise CommandError(
                Code.Location40176,
                f"specification contains two conflicting paths: '{'.'.join(later)}' and '{'.'.join(earlier)}'",
            )


def _names(operand: Any) -> list[str]:
    names = operand if type(operand) is list else [operand]
    if not names or not all(type(name) is str and name for name in names):
        raise failed_to_parse("$unset specification must be a string or an array of strings")
    return names


def _with(document: Document, sets: Sequence[tuple[Path, Expression]]) -> Document:
    # All are computed from what the stage was given, before any is set.
    values = [(path, _own(expression(document))) for path, expression in sets]
    for path, value in values:
        if value is MISSING:
            unset_value(document, path)
        else:
            _set(document, path, value)
    return document


def _own(value: Any) -> Any:
    """A copy of what may stand elsewhere too, so that a later stage changes it in one place only."""
    return copy.deepcopy(value) if type(value) in (dict, list) else value


def _set(document: Document, path: Path, value: Any) -> None:
    """Unlike the operator `$set`, the stage puts a document in the place of a plain value that is in its way."""
    holder = document
    for part in path[:-1]:
        child = holder.get(part)
        if type(child) is list:
            raise unsupported(f"the stage $set through the array '{part}'")
        if type(child) is not dict:
            child = holder[part] = {}
        holder = child
    holder[path[-1]] = value


def _without(document: Document, paths: Sequence[Path]) -> Document:
    for path in paths:
        unset_value(document, path)
    return document


def _replacement(value: Any) -> Document:
    if type(value) is not dict:
        shown = "nothing" if value is MISSING else type(value).__name__
        raise CommandError(
            Code.Location40228, f"'replacement document' must evaluate to an object, but resulted in {shown}"
        )
    if any(name.startswith("$") for name in value):
        raise bad_value("a replacement may not have fields that begin with '$'")
    return copy.deepcopy(value)
