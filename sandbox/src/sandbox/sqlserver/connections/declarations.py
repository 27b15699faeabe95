"""Declarations of parameters: `@P1 nvarchar(20), @P2 decimal(10, 2) OUTPUT`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.sqlserver.contract import Parameter, SqlError, SqlType
from sandbox.sqlserver.wire.rpc import Argument
from sandbox.sqlserver.wire.types import MAX

_DECLARATION = re.compile(
    r"\s*@(?P<name>[^\s,=()]+)\s+(?:AS\s+)?(?P<type>[\w.\[\]]+)"
    r"\s*(?:\(\s*(?P<first>max|\d+)\s*(?:,\s*(?P<second>\d+)\s*)?\))?"
    r"(?P<output>\s+OUT(?:PUT)?)?\s*(?:,|\Z)",
    re.IGNORECASE,
)
_FAMILIES = (
    {"nvarchar", "nchar", "varchar", "char"},
    {"varbinary", "binary"},
    {"tinyint", "smallint", "int", "bigint", "bit"},
    {"decimal", "money", "smallmoney"},
    {"real", "float"},
    {"datetime2", "datetime", "smalldatetime"},
)
"""Types between which a driver chooses freely: the values are the same kind of Python object."""
_ALIASES = {
    "numeric": "decimal",
    "dec": "decimal",
    "integer": "int",
    "timestamp": "rowversion",
    "sysname": "nvarchar",
    "ntext": "nvarchar",
    "text": "varchar",
    "image": "varbinary",
}
_SYSNAME_LENGTH = 128
_LONGEST_REAL = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One declared parameter; the name is without the @."""

    name: str
    type: SqlType


@functools.lru_cache(maxsize=1024)
def read_declarations(text: str) -> tuple[Declared, ...]:
    """The parameters of sp_executesql and its kin.

    Raises SqlError 102 for something else, 40000 for OUTPUT parameters.
    """
    found = []
    position = 0
    while text[position:].strip():
        match = _DECLARATION.match(text, position)
        if match is None:
            raise SqlError(102, f"Incorrect syntax near '{text[position : position + 40].strip()}'.", severity=15)
        if match["output"]:
            raise SqlError(40000, f"sandbox does not support: the OUTPUT parameter @{match['name']}")
        found.append(Declared(name=match["name"], type=_type(match)))
        position = match.end()
    return tuple(found)


def bind(declared: Sequence[Declared], arguments: Sequence[Argument]) -> Mapping[str, Parameter]:
    """Each declared parameter with its argument, found by name or else by place.

    Raises SqlError 8178 for a missing one, 8144 for one too many, 40000 for an output parameter.
    """
    if len(arguments) > len(declared):
        raise SqlError(8144, "Procedure or function has too many arguments specified.", state=2)
    by_name = {argument.name.lower(): argument for argument in arguments if argument.name}
    found = {}
    for place, parameter in enumerate(declared):
        by_place = arguments[place] if place < len(arguments) and not arguments[place].name else None
        argument = by_name.get(parameter.name.lower(), by_place)
        if argument is None:
            text = f"The parameterized query expects the parameter '@{parameter.name}', which was not supplied."
            raise SqlError(8178, text)
        if argument.is_output:
            raise SqlError(40000, f"sandbox does not support: the OUTPUT parameter @{parameter.name}")
        found[parameter.name] = Parameter(type=_agreed(parameter.type, argument), value=argument.value)
    return found


def _type(match: re.Match[str]) -> SqlType:
    """The type with T-SQL's own defaults: one character, decimal(18, 0), seven digits of a second."""
    written = match["type"].lower().replace("[", "").replace("]", "").removeprefix("sys.")
    name = _ALIASES.get(written, written)
    first = MAX if (match["first"] or "").lower() == "max" else int(match["first"]) if match["first"] else None
    if written == "sysname":
        return SqlType(name=name, length=_SYSNAME_LENGTH)
    if written in ("text", "ntext", "image"):
        return SqlType(name=name, length=MAX)
    if name in _FAMILIES[0] | _FAMILIES[1]:
        return SqlType(name=name, length=1 if first is None else first)
    if name == "decimal":
        return SqlType(name=name, precision=first or 18, scale=int(match["second"] or 0))
    if name in ("datetime2", "time", "datetimeoffset"):
        return SqlType(name=name, scale=7 if first is None else first)
    if name == "float" and first is not None and first <= _LONGEST_REAL:
        return SqlType(name="real")
    return SqlType(name=name)


def _agreed(declared: SqlType, argument: Argument) -> SqlType:
    """The declared type where the value is already of its kind, else the type that it came with."""
    same = declared.name == argument.parameter.type.name
    if (
        same
        or argument.value is None
        or any({declared.name, argument.parameter.type.name} <= family for family in _FAMILIES)
    ):
        return declared
    return argument.parameter.type
