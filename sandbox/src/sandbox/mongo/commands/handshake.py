"""The handshake, logging in, and what else is about the connection rather than data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from bson import Binary

from sandbox.mongo.collection import MAX_DOCUMENT_BYTES
from sandbox.mongo.commands.registry import command
from sandbox.mongo.errors import Code, CommandError, type_mismatch
from sandbox.mongo.scram import MECHANISM
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document
from sandbox.mongo.wire import MAX_MESSAGE_BYTES

VERSION: Final = "7.0.0"
"""The version of MongoDB whose behaviour is imitated."""
MAX_BATCH: Final = 100_000
_WIRE_VERSION: Final = 21
"""MongoDB 7.0's."""


@command("hello", "isMaster", "ismaster", fields=None, immediate=True, needs_login=False)
def hello(state: State, connection: Connection, document: Document) -> Document:
    """Without topologyVersion, so that drivers ask again and do not wait; a standalone's without setName and msg.

    The client tells here what it calls itself.
    """
    connection.application = _application(document) or connection.application
    reply: Document = {
        "helloOk": True,
        "isWritablePrimary": True,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "maxMessageSizeBytes": MAX_MESSAGE_BYTES,
        "maxWriteBatchSize": MAX_BATCH,
        "localTime": datetime.now(UTC),
        "logicalSessionTimeoutMinutes": 30,
        "connectionId": connection.number,
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
    }
    if state.replica_set is not None:
        address = state.replica_set.address
        member = {"secondary": False, "hosts": [address], "primary": address, "me": address}
        reply |= {"setName": state.replica_set.name, "setVersion": 1, **member}
    if next(iter(document)) != "hello":
        reply["ismaster"] = True
    if "saslSupportedMechs" in document:
        reply["saslSupportedMechs"] = [MECHANISM]
    speculative = document.get("speculativeAuthenticate")
    if state.scram is not None and type(speculative) is dict and speculative.get("mechanism") == MECHANISM:
        reply["speculativeAuthenticate"] = sasl_start(state, connection, speculative)
    return reply


def _application(document: Document) -> str | None:
    client = document.get("client")
    application = client.get("application") if type(client) is dict else None
    name = application.get("name") if type(application) is dict else None
    return name if type(name) is str else None


@command("saslStart", fields=None, immediate=True, needs_login=False)
def sasl_start(state: State, connection: Connection, document: Document) -> Document:
    """Begin to log in."""
    if state.scram is None or document.get("mechanism") != MECHANISM:
        raise CommandError(
            Code.MechanismUnavailable,
            f"Only {MECHANISM} is offered, and only by a server that was started with a user",
        )
    connection.conversation = state.scram.begin(_payload(document))
    return _conversation(connection.conversation.server_first, done=False)


@command("saslContinue", fields=None, immediate=True, needs_login=False)
def sasl_continue(state: State, connection: Connection, document: Document) -> Document:
    """Finish logging in; a client that wants a third round gets an empty one."""
    if connection.authenticated:
        return _conversation(b"", done=True)
    if state.scram is None or connection.conversation is None:
        raise CommandError(Code.AuthenticationFailed, "Authentication failed.")
    conversation, connection.conversation = connection.conversation, None
    proof = state.scram.finish(conversation, _payload(document))
    connection.authenticated = True
    return _conversation(proof, done=True)


@command("logout", immediate=True, needs_login=False)
def logout(_state: State, connection: Connection, _document: Document) -> Document:
    """Forget who the client is."""
    connection.authenticated = False
    return {}


@command("ping", immediate=True, needs_login=False)
def ping(_state: State, _connection: Connection, _document: Document) -> Document:
    """Say that the server is there."""
    return {}


@command("endSessions", immediate=True, needs_login=False)
def end_sessions(_state: State, _connection: Connection, _document: Document) -> Document:
    """Nothing to end: sessions hold nothing."""
    return {}


@command("buildInfo", "buildinfo", immediate=True, needs_login=False)
def build_info(_state: State, _connection: Connection, _document: Document) -> Document:
    """Name the version that is imitated, and that it is imitated."""
    return {
        "version": VERSION,
        "versionArray": [*map(int, VERSION.split(".")), 0],
        "gitVersion": "sandbox stand-in",
        "modules": [],
        "bits": 64,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
    }


def _payload(document: Document) -> bytes:
    payload: Any = document.get("payload")
    if not isinstance(payload, bytes):
        raise type_mismatch("Field 'payload' must be binary")
    return bytes(payload)


def _conversation(payload: bytes, *, done: bool) -> Document:
    return {"conversationId": 1, "done": done, "payload": Binary(payload)}
