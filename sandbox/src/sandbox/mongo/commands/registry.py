"""Which commands there are, which fields they take, and what is checked before each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from sandbox.mongo.commands.concerns import check_read_concern, check_write_concern
from sandbox.mongo.errors import Code, CommandError, unsupported
from sandbox.mongo.replica_set import ReplicaSet
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document

Handler: TypeAlias = Callable[[State, Connection, Document], Document]


class Effect(Enum):
    """What a command does to documents."""

    NONE = auto()
    READS = auto()
    """A replica set may answer it from a member that lags."""
    WRITES = auto()
    """A driver may send it a second time under the same number, when the reply is lost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command. `immediate` ones never wait behind others, so they may not touch data."""

    handler: Handler
    fields: frozenset[str] | None
    """The fields it takes besides its name and the common ones; None: any."""
    effect: Effect = Effect.NONE
    immediate: bool = False
    needs_login: bool = True


# Sessions are accepted and mean nothing to a standalone: it is one server, and it does one thing at a time.
# maxTimeMS is accepted without effect: the client's own timeout still works.
_COMMON_FIELDS: Final = frozenset(
    {"$db", "$clusterTime", "$readPreference", "lsid", "readConcern", "writeConcern", "comment", "maxTimeMS"}
)
_TRANSACTION_FIELDS: Final = frozenset({"startTransaction", "autocommit"})
_COMMANDS: Final[dict[str, Command]] = {}


def command(
    *names: str,
    fields: frozenset[str] | None = frozenset(),
    effect: Effect = Effect.NONE,
    immediate: bool = False,
    needs_login: bool = True,
) -> Callable[[Handler], Handler]:
    """Register a handler under these names."""

    def register(handler: Handler) -> Handler:
        entry = Command(handler=handler, fields=fields, effect=effect, immediate=immediate, needs_login=needs_login)
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
    _check_fields(name, document, found, state.replica_set)
    check_read_concern(document.get("readConcern"), is_replicated=state.replica_set is not None)
    check_write_concern(document.get("writeConcern"))
    if state.replica_set is None:
        return found.handler(state, connection, document)
    return _run_on(state.replica_set, found, state, connection, document)


def _run_on(
    replica_set: ReplicaSet, found: Command, state: State, connection: Connection, document: Document
) -> Document:
    if found.effect is Effect.READS:
        past = replica_set.answered_from(document, connection.application)
        if past is None:
            return replica_set.stamped(found.handler(state, connection, document))
        return replica_set.stamped(found.handler(state.at(past.catalogue), connection, document), past.time)
    if found.effect is Effect.WRITES:
        replica_set.refuse_write(connection.application)
        return replica_set.stamped(
            replica_set.once(document, lambda: found.handler(state, connection, document)), replica_set.tick()
        )
    return found.handler(state, connection, document)


def _check_fields(name: str, document: Document, found: Command, replica_set: ReplicaSet | None) -> None:
    if not _TRANSACTION_FIELDS.isdisjoint(document) or (replica_set is None and "txnNumber" in document):
        if replica_set is not None:
            raise unsupported("a transaction")
        raise CommandError(
            Code.IllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos"
        )
    if type(document.get("$db")) is not str:
        raise CommandError(Code.Location40414, "BSON field 'OpMsg.$db' is missing but a required field")
    if found.fields is None:
        return
    for field in document:
        known = field == name or field in found.fields or field in _COMMON_FIELDS
        if not known and not (field == "txnNumber" and found.effect is Effect.WRITES):
            raise CommandError(Code.Location40415, f"BSON field '{name}.{field}' is an unknown field.")
