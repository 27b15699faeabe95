"""What translating gives: typed pieces of SQL, and plans that can be run again and again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.sqlserver.contract import Column, SqlType
from sandbox.sqlserver.engine.locking.reading import Reading
from sandbox.sqlserver.engine.rights.needs import Need
from sandbox.sqlserver.engine.values.storage import decoder
from sandbox.sqlserver.engine.values.types import INT, NULL


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A scalar expression in SQLite's SQL, with the T-SQL type of what it gives."""

    sql: str
    type: SqlType
    nullable: bool = True
    name: str = ""
    """The column name that it would have in a result; empty when it would have none."""
    identity: bool = False
    bind: str | None = None
    """The variable, when this is nothing but a variable."""
    constant: tuple[Any] | None = None
    """The stored value, when this is nothing but a literal."""

    def renamed(self, name: str) -> Value:
        """The same value under another name."""
        return replace(self, name=name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """SQL that gives columns called c0, c1 ... and what they hold, with their T-SQL names."""

    sql: str
    columns: tuple[Value, ...]
    at_most_one_row: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bind:
    """One argument of a plan: a variable by name (`$...` is a fact of the session), and how to convert it."""

    name: str
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """SQL for SQLite with its arguments, and the result columns (none for a statement that gives no rows)."""

    sql: str
    binds: tuple[Bind, ...]
    columns: tuple[Column, ...] = ()
    needs: tuple[Need, ...] = ()
    """The permissions that it asks for."""
    readings: tuple[Reading, ...] = ()
    """What it reads of tables that others have locked rows of."""
    locks: bool = False
    """Whether it asks for locks that keep other writers out (UPDLOCK and its kin)."""

    @property
    def decoders(self) -> tuple[Callable[[Any], object] | None, ...]:
        """What makes Python values of each column's stored ones."""
        return tuple(decoder(column.type) for column in self.columns)


def result_column(value: Value) -> Column:
    """How a value is described to the client."""
    sql_type = INT if value.type == NULL else value.type
    return Column(name=value.name, type=sql_type, nullable=value.nullable, identity=value.identity)


def used_binds(sql: str, binds: Iterable[Bind]) -> tuple[Bind, ...]:
    """The binds up to the last one that the SQL mentions; SQLite refuses arguments beyond it."""
    mentioned = [int(number) for number in re.findall(r"\?(\d+)", sql)]
    return tuple(itertools.islice(binds, max(mentioned, default=0)))
