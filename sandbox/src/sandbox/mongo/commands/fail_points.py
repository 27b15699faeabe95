"""configureFailPoint: a bad day on demand, asked for as in MongoDB's own tests."""

from __future__ import annotations

from sandbox.mongo.commands.arguments import document_field
from sandbox.mongo.commands.registry import command
from sandbox.mongo.errors import Code, CommandError, unsupported
from sandbox.mongo.replica_set import FAIL_POINTS
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document


@command("configureFailPoint", fields=frozenset({"mode", "data"}))
def configure_fail_point(state: State, _connection: Connection, document: Document) -> Document:
    """Switch one on, from this moment, or off. `data.appName`: only for clients that call themselves so."""
    name, mode = document["configureFailPoint"], document.get("mode")
    if document["$db"] != "admin":
        raise CommandError(Code.Unauthorized, "configureFailPoint may only be run against the admin database.")
    if name not in FAIL_POINTS:
        raise unsupported(f"the fail point {name}")
    if mode not in ("alwaysOn", "off"):
        raise unsupported(f"the mode {mode} of a fail point")
    data = document_field(document, "data")
    if set(data) - {"appName"}:
        raise unsupported(f"a fail point with {', '.join(sorted(set(data) - {'appName'}))}")
    if state.replica_set is None:
        raise CommandError(Code.IllegalOperation, f"{name} is for a replica set: start the server with --replica-set")
    state.replica_set.switch(name, state.catalogue if mode == "alwaysOn" else None, data.get("appName"))
    return {}
