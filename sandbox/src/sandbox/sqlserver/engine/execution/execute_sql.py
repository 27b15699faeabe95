"""EXEC sp_executesql inside a batch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlglot import exp

from sandbox.sqlserver.contract import Parameter, SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.batch import parse_batch
from sandbox.sqlserver.engine.parser.small_statements import Declare
from sandbox.sqlserver.engine.values.convert import converted
from sandbox.sqlserver.engine.values.storage import decoder, encode


def statement_of(arguments: Sequence[tuple[str, Parameter]]) -> tuple[str, Mapping[str, Parameter]]:
    """The statement of sp_executesql and its parameters, from @stmt, @params and the values.

    Raises 214 for a statement that is no text, 8178 for a missing value, 40000 for OUTPUT parameters.
    """
    texts = [argument.value for _, argument in arguments[:2]]
    if not texts or any(not isinstance(text, str) for text in texts):
        raise SqlError(214, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.", state=2)
    parameters = {}
    for place, (name, sql_type, _) in enumerate(_declared(str(texts[1])) if len(texts) > 1 else ()):
        given = _value(arguments[2:], place, name)
        stored = converted(encode(given.value, given.type), given.type, sql_type)
        decode = decoder(sql_type)
        value = stored if stored is None or decode is None else decode(stored)
        parameters[name] = Parameter(type=sql_type, value=value)
    return str(texts[0]), parameters


def _declared(text: str) -> Sequence[tuple[str, SqlType, exp.Expression | None]]:
    if re.search(r"\bOUT(PUT)?\b", text, re.IGNORECASE):
        raise unsupported("sp_executesql with an OUTPUT parameter")
    if not text.strip():
        return ()
    (statement,) = parse_batch(f"DECLARE {text}").statements
    if not isinstance(statement, Declare):
        raise unsupported(f"the parameters {text[:60]}")
    return statement.variables


def _value(arguments: Sequence[tuple[str, Parameter]], place: int, name: str) -> Parameter:
    for label, parameter in arguments:
        if label.lower() == name.lower():
            return parameter
    if place < len(arguments) and not arguments[place][0]:
        return arguments[place][1]
    raise SqlError(8178, f"The parameterized query expects the parameter '@{name}', which was not supplied.")
