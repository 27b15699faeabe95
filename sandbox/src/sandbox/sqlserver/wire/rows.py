"""ROW tokens."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from sandbox.sqlserver.contract import Column
from sandbox.sqlserver.wire.tokens import ROW
from sandbox.sqlserver.wire.values import ValueWriter, value_writer

_REFUSALS = (TypeError, ValueError, ArithmeticError, AttributeError, struct.error)
"""What Python says of a value of a wrong kind or size."""


class UnsendableError(Exception):
    """A value does not fit its column's type. Sent anyway, it would make the driver drop the connection."""


def row_encoder(columns: Sequence[Column]) -> Callable[[Sequence[object]], bytes]:
    """A function from a row to its ROW token; it raises UnsendableError for a value that does not fit its column."""
    writers = [value_writer(column.type, nullable=column.nullable) for column in columns]

    def encode(row: Sequence[object]) -> bytes:
        try:
            return ROW + b"".join([write(value) for write, value in zip(writers, row, strict=True)])
        except _REFUSALS as refusal:
            raise _explained(columns, writers, row) from refusal

    return encode


def _explained(columns: Sequence[Column], writers: Sequence[ValueWriter], row: Sequence[object]) -> UnsendableError:
    """Which of the values it is, and why."""
    if len(row) != len(columns):
        return UnsendableError(f"a row of {len(row)} values for {len(columns)} columns")
    reasons = []
    for column, write, value in zip(columns, writers, row, strict=True):
        try:
            write(value)
        except _REFUSALS as reason:
            kind = "NULL" if value is None else type(value).__name__
            reasons.append(f"column {column.name} is {column.type.name} and cannot take this {kind}: {reason}")
    return UnsendableError("; ".join(reasons))
