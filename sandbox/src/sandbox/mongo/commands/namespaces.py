"""Collections and databases: create, drop, dropDatabase, listCollections, listDatabases."""

from __future__ import annotations

from bson import Int64

from sandbox.mongo.commands.arguments import (
    collection_name,
    collection_of,
    document_field,
    flag,
    namespace_of,
    whole_number,
)
from sandbox.mongo.commands.registry import command
from sandbox.mongo.cursors import Cursor
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.filters import compile_filter
from sandbox.mongo.index_specs import ID_INDEX
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document


@command("create")
def create(state: State, _connection: Connection, document: Document) -> Document:
    """Make an empty collection, without options."""
    if state.catalogue.exists(document["$db"], collection_name(document)):
        raise CommandError(Code.NamespaceExists, f"Collection {namespace_of(document)} already exists.")
    collection_of(state.catalogue, document, create=True)
    return {}


@command("drop")
def drop(state: State, _connection: Connection, document: Document) -> Document:
    """Remove a collection; no error if there is none, as in MongoDB 7."""
    name = collection_name(document)
    if not state.catalogue.exists(document["$db"], name):
        return {}
    before = len(collection_of(state.catalogue, document).indexes)
    state.catalogue.drop(document["$db"], name)
    return {"ns": namespace_of(document), "nIndexesWas": before}


@command("dropDatabase")
def drop_database(state: State, _connection: Connection, document: Document) -> Document:
    """Remove all collections of a database."""
    for name in state.catalogue.names(document["$db"]):
        state.catalogue.drop(document["$db"], name)
    return {"dropped": document["$db"]}


@command("listCollections", fields=frozenset({"filter", "nameOnly", "authorizedCollections", "cursor"}))
def list_collections(state: State, _connection: Connection, document: Document) -> Document:
    """The collections of a database that a filter accepts."""
    accepts = compile_filter(document_field(document, "filter"))
    name_only = flag(document, "nameOnly")
    entries = (_entry(name, name_only=name_only) for name in state.catalogue.names(document["$db"]))
    cursor = Cursor(f"{document['$db']}.$cmd.listCollections", iter([each for each in entries if accepts(each)]))
    size = whole_number(document_field(document, "cursor"), "batchSize")
    return {"cursor": state.cursors.begin(cursor, size=size)}


def _entry(name: str, *, name_only: bool) -> Document:
    entry: Document = {"name": name, "type": "collection"}
    if not name_only:
        entry |= {"options": {}, "info": {"readOnly": False}, "idIndex": ID_INDEX.as_document()}
    return entry


@command("listDatabases", fields=frozenset({"filter", "nameOnly", "authorizedDatabases"}))
def list_databases(state: State, _connection: Connection, document: Document) -> Document:
    """The databases that a filter accepts, with the bytes of their documents."""
    accepts = compile_filter(document_field(document, "filter"))
    sizes = {
        database: sum(_size(state, database, name) for name in state.catalogue.names(database))
        for database in state.catalogue.databases()
    }
    entries: list[Document] = [
        {"name": name, "sizeOnDisk": Int64(size), "empty": False} for name, size in sizes.items()
    ]
    shown = [entry for entry in entries if accepts(entry)]
    if flag(document, "nameOnly"):
        return {"databases": [{"name": entry["name"]} for entry in shown]}
    return {"databases": shown, "totalSize": Int64(sum(int(entry["sizeOnDisk"]) for entry in shown))}


def _size(state: State, database: str, name: str) -> int:
    return sum(map(len, state.catalogue.collection(database, name).records.values()))
