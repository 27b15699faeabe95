"""A column's type as the catalog has it, and how its values go to Python and come back as what they were.

What a parameter is comes from here alone: never from a value (SQLAlchemy declares `HD-1` as varchar and `HĐ-2` as
nvarchar), and never from the database's default. Every value of a column that is compared with it is cast by SQL
Server to the column's own type, for it scans a table whose varchar key is compared with nvarchar (Microsoft, "Data type
precedence": varchar is converted, and no index is of use then).
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

MAX = -1
"""The length of varchar(max) and its kin."""
LONGEST_NATIONAL = 4000
"""Characters of an nvarchar that is not max."""
LONGEST_WRITTEN = 100
"""Characters in which every number, moment and uniqueidentifier can be written."""
_BEYOND_BIGINT = 2**63

INTEGERS = frozenset({"bit", "tinyint", "smallint", "int", "bigint"})
FLOATS = frozenset({"float", "real"})
DECIMALS = frozenset({"decimal", "numeric", "money", "smallmoney"})
NUMBERS = INTEGERS | FLOATS | DECIMALS
ANSI = frozenset({"char", "varchar"})
NATIONAL = frozenset({"nchar", "nvarchar"})
TEXTS = ANSI | NATIONAL
BINARIES = frozenset({"binary", "varbinary"})
MOMENT_STYLES = {"datetime": 126, "smalldatetime": 126, "datetime2": 126, "time": 121, "datetimeoffset": 127}
"""CONVERT's styles that write a moment with all of its digits, in a form that no DATEFORMAT or language reads otherwise
(Microsoft, "CAST and CONVERT"). Python's moments end at the microsecond: datetime2(7) has 100 ns, datetime 1/300 s."""

COMES_BACK = NUMBERS | TEXTS | BINARIES | MOMENT_STYLES.keys() | {"date", "uniqueidentifier"}
"""Types whose values come back from the task log as what they were. Others that a primary key may have (sql_variant,
hierarchyid, other CLR types, rowversion) do not."""


class ColumnType(sa.types.UserDefinedType[Any]):
    """A T-SQL type with all that belongs to it. In statements it is written without the collation."""

    cache_ok = True

    def __init__(
        self,
        name: str,
        length: int | None = None,
        precision: int | None = None,
        scale: int | None = None,
        collation: str | None = None,
    ) -> None:
        """`length` is in characters for nchar and nvarchar, in bytes for others that have one; MAX: without limit."""
        self.name = name
        self.length = length
        self.precision = precision
        self.scale = scale
        self.collation = collation

    def get_col_spec(self, **_: Any) -> str:
        """`varchar(40)`, `decimal(18, 4)`, `datetime2(7)`, `int`."""
        if self.length is not None:
            return f"{self.name}({'max' if self.length == MAX else self.length})"
        if self.name in ("decimal", "numeric"):
            return f"{self.name}({self.precision}, {self.scale})"
        return self.name if self.scale is None else f"{self.name}({self.scale})"

    def __str__(self) -> str:
        return self.get_col_spec()

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """pyodbc gives a uniqueidentifier as a text, and every other type as itself."""
        return _as_uuid if self.name == "uniqueidentifier" else None

    @property
    def parameter(self) -> sa.types.TypeEngine[Any]:
        """What a value of the column is sent as, before SQL Server casts it: exact, and the same for every value."""
        if self.name in INTEGERS:
            return sa.BigInteger()
        if self.name in FLOATS:
            return sa.Float(53)
        if self.name in BINARIES:
            return sa.LargeBinary(self.length)
        # guard: key-parameter
        return _Text(self.length if self.name in TEXTS else LONGEST_WRITTEN)

    def sent(self, value: object) -> Any:
        """A value from the task log or the file of sources, as the parameter takes it; None: not a value of this type.
        What the log holds may be older than the table, whose key may have had another type then.
        """
        if self.name in INTEGERS:
            return int(value) if isinstance(value, int) and -_BEYOND_BIGINT <= value < _BEYOND_BIGINT else None
        if self.name in FLOATS:
            return float(value) if isinstance(value, int | float) else None
        if self.name in BINARIES:
            return value if isinstance(value, bytes) else None
        if self.name in DECIMALS and isinstance(value, int):
            value = str(value)
        return value if isinstance(value, str) and utf16_units(value) <= self._longest else None

    def cast(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """`CAST(value COLLATE this one's AS this type)`, of a value that is known to fit.

        The collation stands inside: a cast to varchar takes the code page of what it is given, and that of a parameter
        is the database's (Microsoft, "Collation precedence": coercible-default).
        """
        return sa.cast(self._collated(value), self)

    def try_cast(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """The same with TRY_CAST: NULL, which equals nothing, where the value does not fit this type."""
        # guard: no-key-equals-none
        return sa.try_cast(self._collated(value), self)

    def _collated(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        # guard: key-collation
        return value if self.collation is None else sa.collate(value, self.collation)

    def read(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """The value as it is read where it has to come back: nothing of it is lost on the way to Python.

        Moments are written by SQL Server, with all of their digits. So is text of a code page: of code page 1258, which
        writes an accent after its letter, Microsoft's driver makes letters that the page has not.
        """
        # guard: moments-of-key
        if self.name in MOMENT_STYLES:
            written: ColumnElement[Any] = sa.literal_column(f"nvarchar({LONGEST_WRITTEN})")
            return sa.func.CONVERT(written, value, sa.literal_column(str(MOMENT_STYLES[self.name])))
        # guard: text-of-code-page
        return sa.cast(value, _Text(self.length)) if self.name in ANSI else value

    @property
    def is_read_as_it_is(self) -> bool:
        """Whether `read` gives what a task's argument is, too: not the text of a moment."""
        return self.name not in MOMENT_STYLES

    @property
    def width(self) -> int | None:
        """Most characters or bytes of a value in Python; None: it may be of any length."""
        if self.name in TEXTS | BINARIES:
            return None if self.length is None or self.length == MAX else self.length
        return LONGEST_WRITTEN if self.name in COMES_BACK else None

    @property
    def _longest(self) -> int:
        """UTF-16 units of a text that is sent."""
        if self.name not in TEXTS:
            return LONGEST_WRITTEN
        return sys.maxsize if self.length is None or self.length == MAX else self.length


def utf16_units(text: str) -> int:
    """The length of a text as nvarchar counts it; a letter beyond U+FFFF has two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Text(sa.types.UserDefinedType[str]):
    """An nvarchar whose length is the column's, not the value's: one plan for all of them."""

    cache_ok = True

    def __init__(self, length: int | None) -> None:
        self.length = length

    def get_col_spec(self, **_: Any) -> str:
        """`nvarchar(40)`."""
        return f"nvarchar({_national(self.length)})"

    def get_dbapi_type(self, dbapi: Any) -> Any:
        """For pyodbc's setinputsizes: type, characters, digits behind the point."""
        national = _national(self.length)
        # guard: parameter-length
        return dbapi.SQL_WVARCHAR, 0 if national == "max" else national, 0


def _national(length: int | None) -> int | str:
    return "max" if length is None or length == MAX or length > LONGEST_NATIONAL else length


def _as_uuid(value: str | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(value)


def sent_key(kinds: Sequence[ColumnType], key: Sequence[Any]) -> tuple[Any, ...] | None:
    """A key from the task log as the parameters of columns of these types take it; None: it can be none of theirs."""
    parts = tuple(kind.sent(part) for kind, part in zip(kinds, key, strict=False))
    return parts if len(key) == len(kinds) and None not in parts else None


def type_of(column: sa.Column[Any]) -> ColumnType:
    """The type of a column of a described table."""
    kind = column.type
    assert isinstance(kind, ColumnType)
    return kind
