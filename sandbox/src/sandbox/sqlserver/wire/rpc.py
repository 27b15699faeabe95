"""RPC: calls of procedures, one or many in a message (MS-TDS 2.2.6.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.sqlserver.contract import Parameter
from sandbox.sqlserver.wire.reader import Reader
from sandbox.sqlserver.wire.requests import skip_headers
from sandbox.sqlserver.wire.types import read_type
from sandbox.sqlserver.wire.values import read_value

_BY_NUMBER = 0xFFFF
_NUMBERED = {
    1: "sp_cursor",
    2: "sp_cursoropen",
    3: "sp_cursorprepare",
    4: "sp_cursorexecute",
    5: "sp_cursorprepexec",
    6: "sp_cursorunprepare",
    7: "sp_cursorfetch",
    8: "sp_cursoroption",
    9: "sp_cursorclose",
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
_SEPARATORS = frozenset({0x80, 0xFF, 0xFE})
"""Before the next call of the batch: 0x80 until TDS 7.1, 0xFF since, 0xFE when the call is not to be executed."""
_OUTPUT = 0x01


@dataclass(frozen=True, kw_only=True, slots=True)
class Argument:
    """An argument of a call; its name is without the @, and empty when it counts by its place."""

    name: str
    parameter: Parameter
    is_output: bool

    @property
    def value(self) -> object:
        """The value alone."""
        return self.parameter.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call; `is_last` in its message."""

    procedure: str
    arguments: tuple[Argument, ...]
    is_last: bool


def parse_calls(payload: bytes) -> Iterator[Call]:
    """The calls of a message, read as they are asked for.

    Raises ProtocolError, and SqlError for an argument of a type that is not supported.
    """
    reader = Reader(payload)
    skip_headers(reader)
    while reader.has_more:
        yield _read_call(reader)


def _read_call(reader: Reader) -> Call:
    procedure = _read_procedure(reader)
    reader.u16()  # options: recompile, no metadata
    arguments = []
    while reader.has_more and reader.peek() not in _SEPARATORS:
        arguments.append(_read_argument(reader))
    if reader.has_more:
        reader.u8()
    return Call(procedure=procedure, arguments=tuple(arguments), is_last=not reader.has_more)


def _read_procedure(reader: Reader) -> str:
    length = reader.u16()
    if length != _BY_NUMBER:
        return reader.text(length)
    number = reader.u16()
    return _NUMBERED.get(number, f"the system procedure {number}")


def _read_argument(reader: Reader) -> Argument:
    name = reader.short_text()
    flags = reader.u8()
    wire_type = read_type(reader)
    value = read_value(reader, wire_type)
    return Argument(
        name=name.removeprefix("@"),
        parameter=Parameter(type=wire_type.type, value=value),
        is_output=bool(flags & _OUTPUT),
    )
