"""createIndexes, listIndexes and dropIndexes."""

from __future__ import annotations

from typing import Any

from sandbox.mongo.collection import Collection
from sandbox.mongo.commands.arguments import (
    collection_name,
    collection_of,
    document_field,
    list_field,
    namespace_of,
    whole_number,
)
from sandbox.mongo.commands.registry import command
from sandbox.mongo.cursors import Cursor
from sandbox.mongo.errors import Code, CommandError, bad_value, type_mismatch
from sandbox.mongo.index_specs import ID_INDEX, parse_index_spec
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document


@command("createIndexes", fields=frozenset({"indexes"}))
def create_indexes(state: State, _connection: Connection, document: Document) -> Document:
    """Build indexes; those that exist already stay as they are."""
    specs = [parse_index_spec(each) for each in list_field(document, "indexes")]
    if not specs:
        raise bad_value("Must specify at least one index to create")
    is_new = not state.catalogue.exists(document["$db"], collection_name(document))
    collection = collection_of(state.catalogue, document, create=True)
    before = len(collection.indexes)
    for spec in specs:
        collection.create_index(spec)
    reply: Document = {
        "numIndexesBefore": before,
        "numIndexesAfter": len(collection.indexes),
        "createdCollectionAutomatically": is_new,
    }
    if before == len(collection.indexes):
        reply["note"] = "all indexes already exist"
    return reply


@command("listIndexes", fields=frozenset({"cursor"}))
def list_indexes(state: State, _connection: Connection, document: Document) -> Document:
    """The definitions of a collection's indexes."""
    collection = _existing(state, document)
    specs = iter([index.spec.as_document() for index in collection.indexes.values()])
    size = whole_number(document_field(document, "cursor"), "batchSize")
    return {"cursor": state.cursors.begin(Cursor(collection.namespace, specs), size=size)}


@command("dropIndexes", fields=frozenset({"index"}))
def drop_indexes(state: State, _connection: Connection, document: Document) -> Document:
    """Remove an index by name or by key, or with `*` all but the one on _id."""
    collection = _existing(state, document)
    before = len(collection.indexes)
    for name in _names(collection, document.get("index")):
        collection.drop_index(name)
    return {"nIndexesWas": before}


def _existing(state: State, document: Document) -> Collection:
    if not state.catalogue.exists(document["$db"], collection_name(document)):
        raise CommandError(Code.NamespaceNotFound, f"ns not found {namespace_of(document)}")
    return collection_of(state.catalogue, document)


def _names(collection: Collection, wanted: Any) -> list[str]:
    if wanted == "*":
        return [name for name in collection.indexes if name != ID_INDEX.name]
    if type(wanted) is str:
        return [wanted]
    if type(wanted) is not dict:
        raise type_mismatch("Field 'index' must be a name, '*' or a key")
    found = [name for name, index in collection.indexes.items() if list(index.spec.key.items()) == list(wanted.items())]
    if not found:
        raise CommandError(Code.IndexNotFound, f"can't find index with key: {wanted}")
    return found
