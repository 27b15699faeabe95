"""T-SQL's types: which there are, which wins over which, and what they are called."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.sqlserver.collations import DEFAULT, collation_of, find
from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import operand_clash, syntax, unsupported

MAX = -1
"""The length of nvarchar(max) and its kin."""

BIT = SqlType(name="bit")
TINYINT = SqlType(name="tinyint")
SMALLINT = SqlType(name="smallint")
INT = SqlType(name="int")
BIGINT = SqlType(name="bigint")
FLOAT = SqlType(name="float")
DATETIME = SqlType(name="datetime")
DATE = SqlType(name="date")
DATETIME2 = SqlType(name="datetime2", scale=7)
UNIQUEIDENTIFIER = SqlType(name="uniqueidentifier")
SYSNAME = SqlType(name="nvarchar", length=128)
NULL = SqlType(name="null")
"""The type of a bare NULL, until something else decides. It never leaves the engine: int takes its place."""

INTEGERS = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
"""Integer types with the decimal digits that they need."""
LIMITS = {
    "bit": (0, 1),
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
DECIMALS = frozenset({"decimal", "money", "smallmoney"})
FLOATS = frozenset({"float", "real"})
STRINGS = frozenset({"nvarchar", "nchar", "varchar", "char"})
BINARIES = frozenset({"varbinary", "binary", "rowversion"})
MOMENTS = frozenset({"datetime2", "datetime", "smalldatetime"})

_PRECEDENCE = [
    "datetimeoffset",
    "datetime2",
    "datetime",
    "smalldatetime",
    "date",
    "time",
    "float",
    "real",
    "decimal",
    "money",
    "smallmoney",
    "bigint",
    "int",
    "smallint",
    "tinyint",
    "bit",
    "rowversion",
    "uniqueidentifier",
    "nvarchar",
    "nchar",
    "varchar",
    "char",
    "varbinary",
    "binary",
    "null",
]
"""Highest first ("Data type precedence" in Microsoft's T-SQL reference)."""
_RANK = {name: rank for rank, name in enumerate(_PRECEDENCE)}

_NAMES = {
    "UTINYINT": "tinyint",
    "BOOLEAN": "bit",
    "DOUBLE": "float",
    "UUID": "uniqueidentifier",
    "TIMESTAMPTZ": "datetimeoffset",
    "NUMERIC": "decimal",
    "TIMESTAMP": "rowversion",
}
"""Where sqlglot calls a type something else."""
_KNOWN = frozenset(_PRECEDENCE) - {"null", "datetimeoffset"}


def nvarchar(length: int) -> SqlType:
    """nvarchar(length); more than 4000 characters make it max."""
    return SqlType(name="nvarchar", length=length if 0 < length <= 4000 else MAX)


def varchar(length: int) -> SqlType:
    """varchar(length); more than 8000 characters make it max."""
    return SqlType(name="varchar", length=length if 0 < length <= 8000 else MAX)


def varbinary(length: int) -> SqlType:
    """varbinary(length); more than 8000 bytes make it max."""
    return SqlType(name="varbinary", length=length if 0 < length <= 8000 else MAX)


def decimal(precision: int, scale: int) -> SqlType:
    """decimal(precision, scale)."""
    return SqlType(name="decimal", precision=precision, scale=scale)


def scale_of(sql_type: SqlType) -> int:
    """Digits behind the point that the stored integer of a decimal or money carries."""
    if sql_type.name in ("money", "smallmoney"):
        return 4
    return sql_type.scale or 0


def as_decimal(sql_type: SqlType) -> SqlType:
    """The decimal that holds every value of an exact numeric type."""
    if sql_type.name in INTEGERS:
        return decimal(INTEGERS[sql_type.name], 0)
    if sql_type.name == "money":
        return decimal(19, 4)
    if sql_type.name == "smallmoney":
        return decimal(10, 4)
    return sql_type


def family(sql_type: SqlType) -> str:
    """Types that are stored alike: integer, decimal, float, string, binary, moment, or the type's own name."""
    name = sql_type.name
    groups = ((INTEGERS, "integer"), (DECIMALS, "decimal"), (FLOATS, "float"))
    more = ((STRINGS, "string"), (BINARIES, "binary"), (MOMENTS, "moment"))
    for names, group in (*groups, *more):
        if name in names:
            return group
    return name


def common_type(left: SqlType, right: SqlType) -> SqlType:
    """The type in which the two are compared or joined. Raises 206 where there is none."""
    if _RANK[left.name] > _RANK[right.name]:
        left, right = right, left
    if right in (NULL, left):
        return left
    group, other = family(left), family(right)
    if group == "string" == other:
        return _common_string(left, right)
    if group == "decimal" and other in ("integer", "decimal"):
        return _common_decimal(as_decimal(left), as_decimal(right))
    if group == "binary" == other:
        return varbinary(_longer(left, right))
    if group == "moment" == other and left.name == "datetime2":
        return DATETIME2
    if _clashes(left, right):
        raise operand_clash(plain_name(right), plain_name(left))
    return left


def _clashes(winner: SqlType, loser: SqlType) -> bool:
    winners, losers = family(winner), family(loser)
    if winners in ("moment", "date", "time"):
        if losers in ("integer", "decimal", "float") and winner.name in ("datetime", "smalldatetime"):
            raise unsupported(f"a number where {describe(winner)} is expected")
        return losers not in ("string", "moment", "date", "time") or "time" in (winners, losers)
    if winners == "uniqueidentifier":
        return losers != "string"
    if losers in ("binary", "uniqueidentifier"):
        raise unsupported(f"mixing {describe(winner)} and {describe(loser)}")
    return False


def _longer(left: SqlType, right: SqlType) -> int:
    lengths = (left.length or 8, right.length or 8)
    return MAX if MAX in lengths else max(lengths)


def _common_string(left: SqlType, right: SqlType) -> SqlType:
    national = "n" in (left.name[0], right.name[0])
    make = nvarchar if national else varchar
    return replace(make(_longer(left, right)), collation=_common_collation(left.collation, right.collation))


def _common_collation(left: str | None, right: str | None) -> str | None:
    """A column's own goes before the database's, which a parameter has. Raises 468 for two of columns."""
    if left is not None and right is not None and left != right:
        text = f'Cannot resolve the collation conflict between "{left}" and "{right}" in the equal to operation.'
        raise SqlError(468, text, state=9)
    return left if left is not None else right


def collate_sql(sql_type: SqlType) -> str:
    """What stands behind SQL that is compared, grouped or ordered: its collation; nothing for what is no text."""
    return f" COLLATE {collation_of(sql_type.collation).compares}" if sql_type.name in STRINGS else ""


def refuse_other_collations(what: str, *types: SqlType) -> None:
    """Raise 40000 for a function that looks into text, and does so without case alone."""
    for sql_type in types:
        if sql_type.name in STRINGS and not collate_sql(sql_type).endswith(" TSQL"):
            raise unsupported(f"{what} under {sql_type.collation}")


def with_collation(sql_type: SqlType, name: str) -> SqlType:
    """The type of text under that collation. Raises 40000 for a collation that the stand-in has not."""
    collation = find(name)
    if collation is None or sql_type.name not in STRINGS:
        raise unsupported(f"COLLATE {name}")
    return replace(sql_type, collation=None if collation is DEFAULT else collation.name)


def _common_decimal(left: SqlType, right: SqlType) -> SqlType:
    scale = max(scale_of(left), scale_of(right))
    whole = max((left.precision or 18) - scale_of(left), (right.precision or 18) - scale_of(right))
    return decimal(min(38, whole + scale), scale)


def plain_name(sql_type: SqlType) -> str:
    """The name in SQL Server's messages about two types that do not go together: `varbinary`, `nvarchar(max)`."""
    return describe(sql_type) if sql_type.length == MAX else sql_type.name


def describe(sql_type: SqlType) -> str:
    """The name in the stand-in's own messages and to drivers that ask for one: `nvarchar(50)`, `decimal(10,2)`."""
    name = sql_type.name
    if sql_type.length is not None:
        return f"{name}({'max' if sql_type.length == MAX else sql_type.length})"
    if name == "decimal":
        return f"decimal({sql_type.precision},{sql_type.scale})"
    if sql_type.scale is not None and name in ("datetime2", "time", "datetimeoffset"):
        return f"{name}({sql_type.scale})"
    return name


def from_tree(tree: exp.DataType, *, default_length: int) -> SqlType:
    """The type written in a cast or a definition; `default_length` is 30 in casts and 1 in definitions."""
    kind = tree.this
    written = kind.name if isinstance(kind, exp.DType) else str(kind)
    if written == "USERDEFINED":
        return _user_defined(tree)
    name = _NAMES.get(written, written.lower())
    if name not in _KNOWN:
        raise unsupported(f"the type {name}")
    numbers = [_number(parameter) for parameter in tree.expressions]
    return normalised(name, numbers, default_length=default_length)


def _user_defined(tree: exp.DataType) -> SqlType:
    name = str(tree.args.get("kind") or "").strip("[]").lower()
    if name == "sysname":
        return SYSNAME
    raise unsupported(f"the type {name}")


def _number(parameter: exp.Expression) -> int:
    value = parameter.this
    if value.name.upper() == "MAX":
        return MAX
    if not value.name.isdigit():
        raise syntax(value.name)
    return int(value.name)


def normalised(name: str, numbers: list[int], *, default_length: int) -> SqlType:
    """The type with its lengths filled in as T-SQL does."""
    first = numbers[0] if numbers else None
    if name in STRINGS or name in ("varbinary", "binary"):
        return SqlType(name=name, length=default_length if first is None else first)
    if name == "decimal":
        return decimal(first or 18, numbers[1] if len(numbers) > 1 else 0)
    if name in ("datetime2", "time", "datetimeoffset"):
        return SqlType(name=name, scale=7 if first is None else first)
    if name == "float" and first is not None and first <= 24:
        return SqlType(name="real")
    return SqlType(name=name)


def widened(sql_type: SqlType) -> SqlType:
    """The type under which a parameter is known while translating.

    Drivers declare strings as long as their value; folding lengths together keeps one plan for all of them.
    """
    if sql_type.name in ("nvarchar", "nchar"):
        return nvarchar(sql_type.length if sql_type.length == MAX else 4000)
    if sql_type.name in ("varchar", "char"):
        return varchar(sql_type.length if sql_type.length == MAX else 8000)
    if sql_type.name in ("varbinary", "binary"):
        return varbinary(sql_type.length if sql_type.length == MAX else 8000)
    if sql_type.name == "decimal":
        return replace(sql_type, precision=38)
    return sql_type
