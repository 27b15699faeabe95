"""Requests after the login, but for RPC: batches of text and transaction-manager requests (MS-TDS 2.2.6)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sandbox.sqlserver.wire.reader import Reader
from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.text import decode_utf16

_BEGIN_NEXT = 0x01
_LENGTH_SIZE = 4


class TransactionRequest(enum.IntEnum):
    """What a client asks of the transaction manager; the other requests are about distributed transactions."""

    BEGIN = 5
    COMMIT = 7
    ROLLBACK = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A transaction-manager request."""

    request: int
    """A TransactionRequest, or a number that the server has to refuse."""
    isolation: int = 0
    """For the transaction that begins: 1 READ UNCOMMITTED ... 5 SNAPSHOT; 0 keeps the level."""
    begins_next: bool = False
    """After COMMIT and ROLLBACK: begin another one at once."""


def skip_headers(reader: Reader) -> None:
    """Pass over ALL_HEADERS, which leads every request: the server knows its transaction. Raises ProtocolError."""
    size = reader.u32()
    if size < _LENGTH_SIZE:
        raise ProtocolError(f"headers of {size} bytes")
    reader.raw(size - _LENGTH_SIZE)


def parse_batch(payload: bytes) -> str:
    """The text of a batch. Raises ProtocolError."""
    reader = Reader(payload)
    skip_headers(reader)
    return decode_utf16(reader.rest())


def parse_transaction(payload: bytes) -> Transaction:
    """A transaction-manager request. Raises ProtocolError."""
    reader = Reader(payload)
    skip_headers(reader)
    request = reader.u16()
    if request == TransactionRequest.BEGIN:
        return Transaction(request=request, isolation=reader.u8())
    if request not in (TransactionRequest.COMMIT, TransactionRequest.ROLLBACK):
        return Transaction(request=request)
    reader.raw(reader.u8())  # the name, which only marks the log
    begins_next = bool(reader.u8() & _BEGIN_NEXT)
    isolation = reader.u8() if begins_next else 0
    return Transaction(request=request, isolation=isolation, begins_next=begins_next)
