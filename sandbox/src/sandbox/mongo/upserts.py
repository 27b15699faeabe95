"""The document that an upsert inserts: the filter's equalities, then the update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bson import Regex

from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.ordering import order_key
from sandbox.mongo.paths import parse_path, set_value
from sandbox.mongo.updates import Update
from sandbox.mongo.values import MISSING, Document, is_operator_document


def new_document(filter_spec: Document, update: Update) -> Document:
    """The document to insert when a filter found none. Raises CommandError 54 or 66."""
    equalities = _distinct(_equalities(filter_spec))
    seed: Document = {}
    for field, value in equalities.items():
        if field == "_id" or not update.replaces:
            set_value(seed, parse_path(field), value)
    wanted = seed.get("_id", MISSING)
    document = update.apply(seed, inserting=True)
    if wanted is not MISSING and order_key(document.get("_id", MISSING)) != order_key(wanted):
        raise CommandError(
            Code.ImmutableField,
            "The _id field cannot be changed: the filter names one _id and the update another",
        )
    return document


def _equalities(filter_spec: Document) -> Iterator[tuple[str, Any]]:
    for field, value in filter_spec.items():
        if field == "$and" or (field == "$or" and len(value) == 1):
            for part in value:
                yield from _equalities(part)
        elif field.startswith("$") or isinstance(value, Regex):
            continue
        elif not is_operator_document(value):
            yield field, value
        elif "$eq" in value:
            yield field, value["$eq"]
        elif len(value.get("$in", ())) == 1:
            yield field, value["$in"][0]


def _distinct(equalities: Iterator[tuple[str, Any]]) -> Document:
    found: Document = {}
    for field, value in equalities:
        for other in found:
            if other == field or other.startswith(f"{field}.") or field.startswith(f"{other}."):
                raise CommandError(
                    Code.NotSingleValueField,
                    f"cannot infer query fields to set, path '{field}' is matched twice",
                )
        found[field] = value
    return found
