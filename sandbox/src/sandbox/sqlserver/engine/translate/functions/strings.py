"""Functions on text."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import Function, as_text, as_type, check_count, fixed
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import (
    BIGINT,
    INT,
    MAX,
    NULL,
    describe,
    family,
    nvarchar,
    refuse_other_collations,
    varchar,
)

_NEWID = Value(sql="tsql_newid()", type=SqlType(name="uniqueidentifier"), nullable=False)


def _varying(sql_type: SqlType, length: int | None = None) -> SqlType:
    size = sql_type.length or 1 if length is None else length
    return nvarchar(size) if sql_type.name.startswith("n") else varchar(size)


def _mapped(template: str, name: str) -> Function:
    """A function of one text that gives a text: `template` holds the argument as {}."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        text = as_text(translator, arguments[0], scope)
        return Value(sql=template.format(text.sql), type=_varying(text.type), nullable=text.nullable)

    return translate


def _len(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("len", arguments, 1)
    text = as_text(translator, arguments[0], scope)
    result = BIGINT if text.type.length == MAX else INT
    return Value(sql=f"length(rtrim({text.sql}, ' '))", type=result, nullable=text.nullable)


def _datalength(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("datalength", arguments, 1)
    value = translator.value(arguments[0], scope)
    group = family(value.type)
    if group not in ("string", "binary"):
        raise unsupported(f"DATALENGTH of {describe(value.type)}")
    factor = 2 if value.type.name.startswith("n") else 1
    result = BIGINT if value.type.length == MAX else INT
    return Value(sql=f"length({value.sql}) * {factor}", type=result, nullable=value.nullable)


def _substring(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("substring", arguments, 3)
    value = translator.value(arguments[0], scope)
    if family(value.type) != "binary":
        value = as_text(translator, arguments[0], scope)
    start = as_type(translator, arguments[1], scope, BIGINT)
    length = as_type(translator, arguments[2], scope, BIGINT)
    result = value.type if family(value.type) == "binary" else _varying(value.type)
    return Value(sql=f"tsql_substring({value.sql}, {start.sql}, {length.sql})", type=result)


def _end(name: str) -> Function:
    """LEFT and RIGHT."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 2)
        text = as_text(translator, arguments[0], scope)
        count = as_type(translator, arguments[1], scope, INT)
        return Value(sql=f"tsql_{name}({text.sql}, {count.sql})", type=_varying(text.type))

    return translate


def _concat(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) < 2:
        raise SqlError(189, "The concat function requires 2 to 254 arguments.", severity=15)
    parts = []
    total = 0
    national = False
    for argument in arguments:
        value = translator.value(argument, scope)
        text = value if family(value.type) == "string" else translator.coerce(value, varchar(50), explicit=True)
        national = national or text.type.name.startswith("n")
        length = 1 if text.type == NULL else text.type.length or 1
        total = MAX if MAX in (total, length) else total + length
        parts.append(f"ifnull({text.sql}, '')")
    result = nvarchar(total) if national else varchar(total)
    return Value(sql=f"({' || '.join(parts)})", type=result, nullable=False)


def _replace(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("replace", arguments, 3)
    text, old, new = (as_text(translator, argument, scope) for argument in arguments)
    refuse_other_collations("REPLACE", text.type, old.type)
    result = _varying(text.type, MAX if text.type.length == MAX else 4000)
    return Value(sql=f"tsql_replace({text.sql}, {old.sql}, {new.sql})", type=result)


def _charindex(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) != 3:
        check_count("charindex", arguments, 2)
    wanted, text = (as_text(translator, argument, scope) for argument in arguments[:2])
    refuse_other_collations("CHARINDEX", wanted.type, text.type)
    if not arguments[2:]:
        return Value(sql=f"tsql_charindex({wanted.sql}, {text.sql})", type=INT)
    start = as_type(translator, arguments[2], scope, BIGINT)
    return Value(sql=f"tsql_charindex_from({wanted.sql}, {text.sql}, {start.sql})", type=INT)


def _patindex(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("patindex", arguments, 2)
    pattern, text = (as_text(translator, argument, scope) for argument in arguments)
    refuse_other_collations("PATINDEX", pattern.type, text.type)
    return Value(sql=f"tsql_patindex({pattern.sql}, {text.sql})", type=INT)


def _stuff(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("stuff", arguments, 4)
    text, new = (as_text(translator, argument, scope) for argument in (arguments[0], arguments[3]))
    start, length = (as_type(translator, argument, scope, BIGINT) for argument in arguments[1:3])
    result = _varying(text.type, MAX if MAX in (text.type.length, new.type.length) else 4000)
    return Value(sql=f"tsql_stuff({text.sql}, {start.sql}, {length.sql}, {new.sql})", type=result)


def _replicate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("replicate", arguments, 2)
    text = as_text(translator, arguments[0], scope)
    count = as_type(translator, arguments[1], scope, BIGINT)
    result = _varying(text.type, MAX if text.type.length == MAX else 4000)
    return Value(sql=f"tsql_left(tsql_replicate({text.sql}, {count.sql}), 4000)", type=result)


def _space(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("space", arguments, 1)
    count = as_type(translator, arguments[0], scope, BIGINT)
    return Value(sql=f"tsql_replicate(' ', {count.sql})", type=varchar(8000))


def _concat_ws(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    """NULLs are left out with their separator."""
    if len(arguments) < 3:
        check_count("concat_ws", arguments, 3)
    separator = as_text(translator, arguments[0], scope)
    texts = [translator.coerce(translator.value(part, scope), nvarchar(4000), explicit=True) for part in arguments[1:]]
    joined = " || ".join(f"ifnull({separator.sql} || {text.sql}, '')" for text in texts)
    return Value(sql=f"substr({joined}, length({separator.sql}) + 1)", type=nvarchar(4000), nullable=False)


def _code(name: str) -> Function:
    """UNICODE and ASCII."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        text = as_text(translator, arguments[0], scope)
        return Value(sql=f"tsql_{name}({text.sql})", type=INT)

    return translate


def _character(name: str) -> Function:
    """CHAR and NCHAR."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        number = as_type(translator, arguments[0], scope, INT)
        return Value(sql=f"tsql_{name}({number.sql})", type=SqlType(name=name, length=1))

    return translate


def _quotename(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("quotename", arguments, 1)
    text = as_type(translator, arguments[0], scope, nvarchar(128))
    return Value(sql=f"('[' || replace({text.sql}, ']', ']]') || ']')", type=nvarchar(258))


FUNCTIONS: dict[str, Function] = {
    "LEN": _len,
    "DATALENGTH": _datalength,
    "UPPER": _mapped("tsql_upper({})", "upper"),
    "LOWER": _mapped("tsql_lower({})", "lower"),
    "LTRIM": _mapped("ltrim({}, ' ')", "ltrim"),
    "RTRIM": _mapped("rtrim({}, ' ')", "rtrim"),
    "TRIM": _mapped("trim({}, ' ')", "trim"),
    "SUBSTRING": _substring,
    "LEFT": _end("left"),
    "RIGHT": _end("right"),
    "CONCAT": _concat,
    "REPLACE": _replace,
    "CHARINDEX": _charindex,
    "PATINDEX": _patindex,
    "STUFF": _stuff,
    "REPLICATE": _replicate,
    "REVERSE": _mapped("tsql_reverse({})", "reverse"),
    "SPACE": _space,
    "CONCAT_WS": _concat_ws,
    "UNICODE": _code("unicode"),
    "ASCII": _code("ascii"),
    "CHAR": _character("char"),
    "NCHAR": _character("nchar"),
    "QUOTENAME": _quotename,
    "NEWID": fixed("newid", _NEWID),
}
