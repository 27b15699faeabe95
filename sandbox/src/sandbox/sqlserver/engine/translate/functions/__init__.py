"""T-SQL's functions by name. One that is not listed is refused by name."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.functions import (
    aggregates,
    choices,
    metadata,
    moments,
    numbers,
    principals,
    strings,
    tracking,
)
from sandbox.sqlserver.engine.translate.functions.signature import Function
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import INT, SMALLINT, SYSNAME, TINYINT, nvarchar

FUNCTIONS: dict[str, Function] = {
    **aggregates.FUNCTIONS,
    **choices.FUNCTIONS,
    **metadata.FUNCTIONS,
    **moments.FUNCTIONS,
    **numbers.FUNCTIONS,
    **principals.FUNCTIONS,
    **strings.FUNCTIONS,
    **tracking.FUNCTIONS,
}
"""By name in upper case."""

_GLOBALS: dict[str, SqlType] = {
    "TRANCOUNT": INT,
    "ROWCOUNT": INT,
    "SPID": SMALLINT,
    "ERROR": INT,
    "VERSION": nvarchar(300),
    "SERVERNAME": SYSNAME,
    "IDENTITY": SqlType(name="decimal", precision=38, scale=0),
    "MAX_PRECISION": TINYINT,
    "LOCK_TIMEOUT": INT,
}


def call(translator: Translator, name: str, arguments: list[exp.Expression], scope: Scope) -> Value:
    """A function call. Raises 40000 for a function that is not known, 174 for a wrong number of arguments."""
    function = FUNCTIONS.get(name.upper())
    if function is None:
        raise unsupported(f"the function {name.upper()}")
    return function(translator, arguments, scope)


def global_variable(context: Context, name: str) -> Value:
    """`@@name`."""
    sql_type = _GLOBALS.get(name.upper())
    if sql_type is None:
        raise unsupported(f"@@{name}")
    return context.fact(f"${name.lower()}", sql_type, nullable=name.upper() == "IDENTITY")
