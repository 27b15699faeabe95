"""find, count, distinct and aggregate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bson.raw_bson import RawBSONDocument

from sandbox.mongo.commands.arguments import (
    collection_name,
    collection_of,
    document_field,
    flag,
    namespace_of,
    whole_number,
)
from sandbox.mongo.commands.registry import Effect, command
from sandbox.mongo.cursors import FIRST_BATCH, Cursor, Shown
from sandbox.mongo.errors import failed_to_parse, type_mismatch
from sandbox.mongo.ordering import OrderKey, order_key
from sandbox.mongo.paths import parse_path, values_at
from sandbox.mongo.pipeline import aggregate as run_pipeline
from sandbox.mongo.projections import Projection, compile_projection
from sandbox.mongo.search import Search, count_matches
from sandbox.mongo.sorting import parse_sort
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import MISSING, Document

_FIND_FIELDS = frozenset(
    {"filter", "projection", "sort", "skip", "limit", "batchSize", "singleBatch", "noCursorTimeout", "allowDiskUse"}
)


@command("find", fields=_FIND_FIELDS, effect=Effect.READS)
def find(state: State, _connection: Connection, document: Document) -> Document:
    """Open a cursor over what a filter finds."""
    projection = compile_projection(document.get("projection"))
    skip, limit = whole_number(document, "skip") or 0, whole_number(document, "limit") or 0
    size = whole_number(document, "batchSize")
    if size is None:
        size = max(limit, FIRST_BATCH)
    search = Search(
        collection_of(state.catalogue, document),
        document_field(document, "filter"),
        parse_sort(document.get("sort")),
    )
    shown = islice(_shown(search, projection), skip, skip + limit if limit else None)
    cursor = Cursor(namespace_of(document), shown, search.detach)
    return {"cursor": state.cursors.begin(cursor, size=size, single=flag(document, "singleBatch"))}


def _shown(search: Search, projection: Projection | None) -> Iterator[Shown]:
    if projection is None:
        return (RawBSONDocument(match.raw) for match in search)
    return (projection(match.document) for match in search)


@command("count", fields=frozenset({"query", "skip", "limit"}), effect=Effect.READS)
def count(state: State, _connection: Connection, document: Document) -> Document:
    """Count what a filter finds; a limit of 0 is none."""
    found = count_matches(collection_of(state.catalogue, document), document_field(document, "query"))
    found = max(found - (whole_number(document, "skip") or 0), 0)
    limit = whole_number(document, "limit")
    return {"n": min(found, limit) if limit else found}


@command("distinct", fields=frozenset({"key", "query"}), effect=Effect.READS)
def distinct(state: State, _connection: Connection, document: Document) -> Document:
    """All different values of a field; an array counts for its elements."""
    key: Any = document.get("key")
    if type(key) is not str:
        raise type_mismatch("Field 'key' must be a string")
    path = parse_path(key)
    found: dict[OrderKey, Any] = {}
    for match in Search(collection_of(state.catalogue, document), document_field(document, "query")):
        for value in values_at(match.document, path):
            for member in value if type(value) is list else (value,):
                if member is not MISSING:
                    found.setdefault(order_key(member), member)
    return {"values": list(found.values())}


@command(
    "aggregate",
    fields=frozenset({"pipeline", "cursor", "allowDiskUse", "bypassDocumentValidation"}),
    effect=Effect.READS,
)
def aggregate(state: State, _connection: Connection, document: Document) -> Document:
    """Open a cursor over what a pipeline makes."""
    collection_name(document)
    if "cursor" not in document:
        raise failed_to_parse("The 'cursor' option is required")
    # Computed at once: a stage may hold on to an index while the next batch waits.
    documents = list(run_pipeline(collection_of(state.catalogue, document), document.get("pipeline")))
    cursor = Cursor(namespace_of(document), iter(documents))
    size = whole_number(document_field(document, "cursor"), "batchSize")
    return {"cursor": state.cursors.begin(cursor, size=size)}
