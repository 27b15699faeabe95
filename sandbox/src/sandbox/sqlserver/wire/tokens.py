"""Tokens of a reply (MS-TDS 2.2.7)."""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence

from sandbox.sqlserver.contract import Column, Info, SqlError, SqlType
from sandbox.sqlserver.wire.text import encode_utf16
from sandbox.sqlserver.wire.types import COLLATION, type_info
from sandbox.sqlserver.wire.values import value_writer
from sandbox.sqlserver.wire.versions import TdsVersion

ROW = b"\xd1"
_SERVER_NAME = "sandbox"
_LONGEST_TEXT = 2048
"""Characters of a message that SQL Server sends at most."""
_LONGEST_NAME = 255
_SELECT = 0xC1
_FLAG_NULLABLE, _FLAG_UPDATABLE, _FLAG_IDENTITY = 0x01, 0x08, 0x10
_ROWVERSION_USER_TYPE = 80


class Done(enum.IntEnum):
    """Which token ends a statement."""

    BATCH = 0xFD
    PROCEDURE = 0xFE
    IN_PROCEDURE = 0xFF


class DoneStatus(enum.IntFlag):
    """What a DONE says."""

    FINAL = 0
    MORE = 0x01
    ERROR = 0x02
    IN_TRANSACTION = 0x04
    COUNT = 0x10
    ATTENTION = 0x20


class Environment(enum.IntEnum):
    """What an ENVCHANGE is about."""

    DATABASE = 1
    LANGUAGE = 2
    PACKET_SIZE = 4
    COLLATION = 7
    BEGIN = 8
    COMMIT = 9
    ROLLBACK = 10
    RESET_DONE = 18


def done(token: Done, status: DoneStatus, *, rowcount: int = 0, is_select: bool = False) -> bytes:
    """DONE, DONEPROC or DONEINPROC."""
    return struct.pack("<BHHQ", token, status, _SELECT if is_select else 0, rowcount)


def error(problem: SqlError) -> bytes:
    """ERROR, and another one for what the server says next."""
    said = _message(0xAA, problem.number, problem.state, problem.severity, problem.text)
    return said if problem.then is None else said + error(problem.then)


def info(message: Info) -> bytes:
    """INFO."""
    return _message(0xAB, message.number, message.state, message.severity, message.text)


def _message(token: int, number: int, state: int, severity: int, text: str) -> bytes:
    line = 1
    body = struct.pack("<iBB", number, state, severity)
    body += _long_text(text[:_LONGEST_TEXT]) + _short_text(_SERVER_NAME) + _short_text("") + struct.pack("<I", line)
    return _with_length(token, body)


def environment_text(kind: Environment, new: str, old: str) -> bytes:
    """ENVCHANGE of a name: database, language, packet size."""
    return _with_length(0xE3, bytes([kind]) + _short_text(new) + _short_text(old))


def environment_bytes(kind: Environment, *, new: bytes = b"", old: bytes = b"") -> bytes:
    """ENVCHANGE of anything else: collation, transaction descriptor, reset."""
    return _with_length(0xE3, bytes([kind, len(new)]) + new + bytes([len(old)]) + old)


def collation_change() -> bytes:
    """ENVCHANGE that says the server's collation."""
    return environment_bytes(Environment.COLLATION, new=COLLATION)


def login_acknowledged(tds_version: TdsVersion, program: str, version: tuple[int, int, int]) -> bytes:
    """LOGINACK: the language that both speak, and who answers, with major, minor and build number."""
    interface = 1  # T-SQL
    body = struct.pack(">BI", interface, tds_version) + _short_text(program) + struct.pack(">BBH", *version)
    return _with_length(0xAD, body)


def no_features() -> bytes:
    """FEATUREEXTACK for a client that asked for extensions: there are none."""
    return b"\xae\xff"


def column_metadata(columns: Sequence[Column]) -> bytes:
    """COLMETADATA. Raises SqlError for a type that is not supported."""
    parts = [struct.pack("<BH", 0x81, len(columns))]
    for column in columns:
        flags = _FLAG_UPDATABLE
        flags |= _FLAG_NULLABLE if column.nullable else 0
        flags |= _FLAG_IDENTITY if column.identity else 0
        user_type = _ROWVERSION_USER_TYPE if column.type.name == "rowversion" else 0
        parts.append(struct.pack("<IH", user_type, flags))
        parts.append(type_info(column.type, nullable=column.nullable))
        parts.append(_short_text(column.name))
    return b"".join(parts)


def return_status(status: int) -> bytes:
    """RETURNSTATUS of a procedure."""
    return struct.pack("<Bi", 0x79, status)


def return_value(sql_type: SqlType, value: object) -> bytes:
    """RETURNVALUE: the first OUTPUT parameter of a procedure."""
    ordinal, is_output, user_type, flags = 0, 1, 0, 0
    head = struct.pack("<BH", 0xAC, ordinal) + _short_text("") + struct.pack("<BIH", is_output, user_type, flags)
    return head + type_info(sql_type) + value_writer(sql_type)(value)


def _with_length(token: int, body: bytes) -> bytes:
    return struct.pack("<BH", token, len(body)) + body


def _short_text(text: str) -> bytes:
    data = encode_utf16(text)[: 2 * _LONGEST_NAME]
    return bytes([len(data) // 2]) + data


def _long_text(text: str) -> bytes:
    data = encode_utf16(text)
    return struct.pack("<H", len(data) // 2) + data
