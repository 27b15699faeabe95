"""Whether the status column can hold the pending value at all, and as its rows write it."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from common.database.mssql.column_type import (
    FLOATS,
    MAX,
    NATIONAL,
    NUMBERS,
    TEXTS,
    ColumnType,
    utf16_units,
)
from common.database.mssql.columns import Described
from common.database.mssql.errors import LOCKS, RIGHTS, error_number
from common.database.mssql.samples import values_among
from common.database.records import TrackedTable

RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "bit": (0, 1),
        "tinyint": (0, 255),
        "smallint": (-(2**15), 2**15 - 1),
        "int": (-(2**31), 2**31 - 1),
        "bigint": (-(2**63), 2**63 - 1),
        "money": (-922_337_203_685_477, 922_337_203_685_477),
        "smallmoney": (-214_748, 214_748),
    }
)
"""The whole numbers of a type (Microsoft, "Data types")."""

_CASE_SENSITIVE = re.compile(r"_CS(_|$)|_BIN2?(_|$)")
"""Microsoft, "Windows collation name": case-sensitive, and binary."""


def problems(connection: Connection, tracked: TrackedTable, status: Described) -> Iterator[str]:
    """Why the status column could never hold the pending value: a line with the field and the remedy."""
    value, name, kind = tracked.pending_value, status.name, status.type
    never = f"pending_value: {name} is {kind}, which is never {_shown(value)}"
    if kind.name not in NUMBERS | TEXTS:
        yield f"{never}; name a status column of texts or of numbers"
    elif isinstance(value, int):
        if kind.name in TEXTS:
            yield f"{never}; write it in quotes, or what it can hold"
        elif outside := _outside(kind, value):
            yield f"{never}: {outside}; write a value that it can hold"
    elif kind.name in NUMBERS:
        yield f"{never}; write a number, without quotes"
    elif too_long := _too_long(kind, value):
        yield f"pending_value: {_shown(value)} has {too_long}, and {name} is {kind}; write what it can hold"
    elif _bare(held := _held(connection, kind, value)) != _bare(value):  # guard: pending-value-held
        becomes = "" if held is None else f", but '{_bare(held)}'"
        yield (
            f"pending_value: {name} is {kind} of {kind.collation}, which is never {_shown(value)}{becomes};"
            " write a value that it can hold"
        )


def doubts(connection: Connection, tracked: TrackedTable, status: Described, key: Sequence[str]) -> Iterator[str]:
    """Rows that hold the pending value in another case, under a collation to which that is another value."""
    value, kind = tracked.pending_value, status.type
    if not isinstance(value, str) or not counts_case(kind.collation or ""):
        return
    try:
        found = values_among(connection, tracked.schema, tracked.table, status, key)
    except DBAPIError as error:
        if error_number(error) not in RIGHTS | LOCKS:
            raise
        # That it may not be read is said elsewhere, and this is no more than a warning.
        return
    for other in other_spellings(value, (each for each in found if isinstance(each, str))):
        yield (
            f"pending_value: rows hold {_shown(other)}, which is not {_shown(value)} where the collation is"
            f" {kind.collation}: they are not taken; write it as {status.name} has it"
        )


def counts_case(collation: str) -> bool:
    """Whether two cases of a letter are two letters to this collation."""
    # guard: collation-counts-case
    return bool(_CASE_SENSITIVE.search(collation))


def other_spellings(value: str, among: Iterable[str]) -> Sequence[str]:
    """Those that differ from the value in nothing but case, width, blanks around them or how accents are encoded."""
    folded = _folded(value)
    return [each for each in among if each.rstrip(" ") != value.rstrip(" ") and _folded(each) == folded]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _outside(kind: ColumnType, value: int) -> str:
    """Why the number is none of this type; empty: it is one."""
    if kind.name in FLOATS:
        return "" if _as_float(kind, value) == value else "it has more digits than that"
    lowest, highest = RANGES.get(kind.name) or _of_decimal(kind)
    return "" if lowest <= value <= highest else f"it goes from {lowest} to {highest}"


def _of_decimal(kind: ColumnType) -> tuple[int, int]:
    highest = 10 ** ((kind.precision or 0) - (kind.scale or 0)) - 1
    return -highest, highest


def _as_float(kind: ColumnType, value: int) -> float | None:
    """What a float or real makes of the number; None: it is beyond them."""
    try:
        (held,) = struct.unpack("<f", struct.pack("<f", value)) if kind.name == "real" else (float(value),)
    except OverflowError:
        return None
    return float(held)


def _too_long(kind: ColumnType, value: str) -> str:
    """How long the text is, where it is longer than the column; empty: it is not."""
    if kind.length is None or kind.length == MAX:
        return ""
    length = len(value)
    if kind.name in NATIONAL:
        length = utf16_units(value)
    elif (kind.collation or "").upper().endswith("_UTF8"):
        length = len(value.encode())
    if length <= kind.length:
        return ""
    unit = "characters" if length == len(value) else "UTF-16 units" if kind.name in NATIONAL else "bytes in UTF-8"
    return f"{length} {unit}"


def _held(connection: Connection, kind: ColumnType, value: str) -> object:
    """The text as a column of this type would hold it; None where it could not. SQL Server is asked."""
    held = kind.try_cast(sa.literal(kind.sent(value), kind.parameter))
    found: object = connection.execute(sa.select(kind.read(held))).scalar()
    return found


def _bare(value: object) -> object:
    """Without the blanks at the end, which char adds, and with composed letters: neither counts in a comparison."""
    return unicodedata.normalize("NFC", value.rstrip(" ")) if isinstance(value, str) else value


def _shown(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"
