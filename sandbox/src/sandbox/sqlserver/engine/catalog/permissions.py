"""The permissions that are known, on what they can be given, and which of them are held by others.

Source: Microsoft, "Permissions (Database Engine)" and the tables in "GRANT Object/Schema/Database Permissions".
"""

from __future__ import annotations

import functools
from enum import StrEnum

_DATA = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_EVERYWHERE = frozenset({*_DATA, "ALTER", "CONTROL", "VIEW DEFINITION"})
_DATABASE_ALONE = frozenset({"CREATE TABLE", "CREATE SCHEMA", "VIEW DATABASE STATE", "VIEW DATABASE PERFORMANCE STATE"})


class Level(StrEnum):
    """What a permission is given on."""

    OBJECT = "OBJECT"
    SCHEMA = "SCHEMA"
    DATABASE = "DATABASE"


KNOWN: dict[Level, frozenset[str]] = {
    Level.OBJECT: _EVERYWHERE | {"VIEW CHANGE TRACKING"},
    Level.SCHEMA: _EVERYWHERE | {"VIEW CHANGE TRACKING"},
    Level.DATABASE: _EVERYWHERE | _DATABASE_ALONE,
}
"""By level. Databases have no VIEW CHANGE TRACKING in Microsoft's tables."""

_HOLDERS_IN_DATABASE = {
    "CREATE TABLE": "ALTER",
    "CREATE SCHEMA": "ALTER",
    "VIEW DATABASE PERFORMANCE STATE": "VIEW DATABASE STATE",
}
"""The permission on the database that holds another one there, where that is not CONTROL alone."""
_ABOVE = {Level.OBJECT: Level.SCHEMA, Level.SCHEMA: Level.DATABASE}

Held = tuple[str, Level]


@functools.cache
def holders(permission: str, level: Level) -> frozenset[Held]:
    """Every (permission, level) that gives this one, itself included: who has one of them has it."""
    found: set[Held] = set()
    left: list[Held] = [(permission, level)]
    while left:
        held = left.pop()
        if held not in found:
            found.add(held)
            left += _direct_holders(*held)
    return frozenset(found)


def _direct_holders(permission: str, level: Level) -> list[Held]:
    found: list[Held] = []
    if permission != "CONTROL":
        inside = _HOLDERS_IN_DATABASE.get(permission, "CONTROL") if level is Level.DATABASE else "CONTROL"
        found.append((inside, level))
    above = _ABOVE.get(level)
    if above is not None and permission in KNOWN[above]:
        found.append((permission, above))
    return found
