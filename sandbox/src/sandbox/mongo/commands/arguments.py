"""Reading the fields of a command, with the errors that MongoDB gives for wrong types."""

from __future__ import annotations

from typing import Any

from bson import Int64

from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.collection import Collection
from sandbox.mongo.errors import Code, CommandError, bad_value, type_mismatch
from sandbox.mongo.values import Document


def collection_name(command: Document, field: str | None = None) -> str:
    """The collection that a command names in its first field, or in this one. Raises CommandError 73."""
    name = command.get(next(iter(command)) if field is None else field)
    if type(name) is not str or not name:
        raise CommandError(Code.InvalidNamespace, f"The command needs the name of a collection, not {name!r}")
    return name


def namespace_of(command: Document, field: str | None = None) -> str:
    """`database.collection`, as a command names it."""
    return f"{command['$db']}.{collection_name(command, field)}"


def collection_of(catalogue: Catalogue, command: Document, *, create: bool = False) -> Collection:
    """The collection that a command names in its first field."""
    return catalogue.collection(command["$db"], collection_name(command), create=create)


def flag(command: Document, field: str, *, default: bool = False) -> bool:
    """A true or false field; numbers count as in MongoDB. Raises CommandError 14."""
    value = command.get(field, default)
    if type(value) not in (bool, int, Int64, float):
        raise type_mismatch(f"Field '{field}' must be true or false, not {type(value).__name__}")
    return bool(value)


def whole_number(command: Document, field: str) -> int | None:
    """A number of 0 or more; None if it is not there. Raises CommandError 14 or 2."""
    value = command.get(field)
    if value is None:
        return None
    if type(value) not in (int, Int64, float) or int(value) != value:
        raise type_mismatch(f"Field '{field}' must be a whole number, not {value!r}")
    if value < 0:
        raise bad_value(f"Field '{field}' must be 0 or more, not {value!r}")
    return int(value)


def document_field(command: Document, field: str) -> Document:
    """A document; empty if it is not there. Raises CommandError 14."""
    value: Any = command.get(field)
    if value is None:
        return {}
    if type(value) is not dict:
        raise type_mismatch(f"Field '{field}' must be an object, not {type(value).__name__}")
    return value


def list_field(command: Document, field: str) -> list[Any]:
    """An array that must be there. Raises CommandError 14."""
    value: Any = command.get(field)
    if not isinstance(value, list):
        raise type_mismatch(f"Field '{field}' must be an array, not {type(value).__name__}")
    return value
