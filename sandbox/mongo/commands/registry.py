"""Which commands there are, which fields they take, and what is checked before each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sandbox.mongo.errors import Code, CommandError, bad_value, type_mismatch
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document

Handler: TypeAlias = Callable[[State, Connection, Document], Document]


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command. `immediate` ones never wait behind others, so they may not touch data."""

    handler: Handler
    fields: frozenset[str] | None
    """The fields it takes besides its name and the common ones; None: any."""
    immediate: bool = False
    needs_login: bool = True


# Sessions are accepted and mean nothing: there is one server, and it does one thing at a time.
# maxTimeMS is accepted without effect: the client's own timeout still works.
_COMMON_FIELDS: Final = frozenset(
    {"$db", "$readPreference", "lsid", "readConcern", "writeConcern", "comment", "maxTimeMS"}
)
_TRANSACTION_FIELDS: Final = frozenset({"txnNumber", "startTransaction", "autocommit"})
_READ_LEVELS: Final = frozenset({"local", "available", "majority", "linearizable"})
_COMMANDS: Final[dict[str, Command]] = {}


def command(
    *names: str, fields: frozenset[str] | None = frozenset(), immediate: bool = False, needs_login: bool = True
) -> Callable[[Handler], Handler]:
    """Register a handler under these names."""

    def register(handler: Handler) -> Handler:
        entry = Command(handler=handler, fields=fields, immediate=immediate, needs_login=needs_login)
        _COMMANDS.update(dict.fromkeys(names, entry))
        return handler

    return register


def is_immediate(name: str) -> bool:
    """Whether a command is to be answered at once. An unknown one is, with an error."""
    found = _COMMANDS.get(name)
    return found is None or found.immediate


def dispatch(state: State, connection: Connection, name: str, document: Document) -> Document:
    """Run a command and return its reply without `ok`. Raises CommandError."""
    found = _COMMANDS.get(name)
    if found is None:
        raise CommandError(Code.CommandNotFound, f"no such command: '{name}'")
    if state.scram is not None and found.needs_login and not connection.authenticated:
        raise CommandError(Code.Unauthorized, f"Command {name} requires authentication")
    _check_fields(name, document, found.fields)
    _check_read_concern(document.get("readConcern"))
    _check_write_concern(document.get("writeConcern"))
    return found.handler(state, connection, document)


def _check_fields(name: str, document: Document, fields: frozenset[str] | None) -> None:
    if not _TRANSACTION_FIELDS.isdisjoint(document):
        raise CommandError(
            Code.IllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos"
        )
    if type(document.get("$db")) is not str:
        raise CommandError(Code.Location40414, "BSON field 'OpMsg.$db' is missing but a required field")
    if fields is None:
        return
    for field in document:
        if field != name and field not in fields and field not in _COMMON_FIELDS:
            raise CommandError(Code.Location40415, f"BSON field '{name}.{field}' is an unknown field.")


def _check_read_concern(concern: Any) -> None:
    if not concern:
        return
    if type(concern) is not dict:
        raise type_mismatch("readConcern must be an object")
    if set(concern) != {"level"} or concern["level"] not in _READ_LEVELS:
        raise CommandError(Code.InvalidOptions, f"This readConcern is not supported by a standalone: {concern}")


def _check_write_concern(concern: Any) -> None:
    """What is written is visible to all and in the log before any reply: majority and j ask for no more."""
    if not concern:
        return
    if type(concern) is not dict:
        raise type_mismatch("writeConcern must be an object")
    unknown = set(concern) - {"w", "j", "wtimeout"}
    if unknown:
        raise CommandError(Code.FailedToParse, f"unrecognized write concern field: {', '.join(sorted(unknown))}")
    w = concern.get("w", 1)
    if isinstance(w, str) and w != "majority":
        raise CommandError(Code.UnknownReplWriteConcern, f"No write concern mode named '{w}' found")
    if w not in (0, 1, "majority"):
        raise bad_value("cannot use 'w' > 1 when a host is not replicated")
