"""getMore and killCursors."""

from __future__ import annotations

from typing import Any

from bson import Int64

from sandbox.mongo.commands.arguments import list_field, namespace_of, whole_number
from sandbox.mongo.commands.registry import command
from sandbox.mongo.errors import type_mismatch
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document


@command("getMore", fields=frozenset({"collection", "batchSize"}))
def get_more(state: State, _connection: Connection, document: Document) -> Document:
    """The next batch of a cursor."""
    number = document["getMore"]
    if type(number) not in (int, Int64):
        raise type_mismatch("Field 'getMore' must be a cursor's id")
    size = whole_number(document, "batchSize") or None
    return {"cursor": state.cursors.go_on(int(number), namespace_of(document, "collection"), size=size)}


@command("killCursors", fields=frozenset({"cursors"}))
def kill_cursors(state: State, _connection: Connection, document: Document) -> Document:
    """Close cursors before their end."""
    killed: list[Any] = []
    unknown: list[Any] = []
    for number in list_field(document, "cursors"):
        (killed if state.cursors.kill(number) else unknown).append(number)
    return {"cursorsKilled": killed, "cursorsNotFound": unknown, "cursorsAlive": [], "cursorsUnknown": []}
