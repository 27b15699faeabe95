"""A batch's variables: its parameters and what DECLARE added."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.sqlserver.contract import Parameter, SqlError, SqlType
from sandbox.sqlserver.engine.errors import undeclared_variable
from sandbox.sqlserver.engine.values.storage import Stored, encode
from sandbox.sqlserver.engine.values.types import widened


class Variables:
    """Types and stored values by name in lower case."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.types: dict[str, SqlType] = {}
        self.values: dict[str, Stored] = {}
        self._signature: tuple[tuple[str, SqlType], ...] | None = None
        for name, parameter in parameters.items():
            key = name.lower()
            self.types[key] = widened(parameter.type)
            self.values[key] = encode(parameter.value, parameter.type)

    @property
    def signature(self) -> tuple[tuple[str, SqlType], ...]:
        """What a plan depends on: every name with its type."""
        if self._signature is None:
            self._signature = tuple(self.types.items())
        return self._signature

    def declare(self, name: str, sql_type: SqlType) -> None:
        """DECLARE. Raises 134 for a name that is taken."""
        key = name.lower()
        if key in self.types:
            text = (
                f"The variable name '@{name}' has already been declared. Variable names must be unique within a query "
            )
            raise SqlError(134, f"{text}batch or stored procedure.", severity=15)
        self.types[key] = sql_type
        self.values[key] = None
        self._signature = None

    def assign(self, name: str, value: Stored) -> None:
        """Set a value that has the variable's type already."""
        self.values[name.lower()] = value

    def type_of(self, name: str) -> SqlType:
        """The declared type. Raises 137."""
        sql_type = self.types.get(name.lower())
        if sql_type is None:
            raise undeclared_variable(name)
        return sql_type
