"""What a data change is translated into."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sqlserver.contract import Column
from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.locking.reading import Reading
from sandbox.sqlserver.engine.rights.needs import Need
from sandbox.sqlserver.engine.translate.plan import Bind


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """An UPDATE that SQLite cannot do in one statement: its rows are read first, then written back.

    Needed when a unique column is set (SQLite checks row by row, SQL Server at the end), when several tables are
    joined, and for OUTPUT deleted. The query gives the row's number, then every stored column's old value, then the
    new ones.
    """

    columns: tuple[str, ...]
    """The columns that are set, in the order of the SET list."""
    replace: bool
    """Whether rows are deleted and inserted again rather than updated."""
    names_key: bool
    """Whether the SET list names a column of the primary key: change tracking then sees a delete and an insert."""
    output: tuple[tuple[str, int], ...] = ()
    """OUTPUT: (`inserted` or `deleted`, place of the column among the stored ones)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePlan:
    """One INSERT, UPDATE or DELETE, ready to run. `columns` is set when it has OUTPUT."""

    verb: str
    table: Table
    sql: str
    binds: tuple[Bind, ...]
    columns: tuple[Column, ...] = ()
    mask: bytes | None = None
    context: Bind | None = None
    rewrite: Rewrite | None = None
    readings: tuple[Reading, ...] = ()
    """What it reads of tables that others have locked rows of."""
    needs: tuple[Need, ...] = ()
    """The permissions that it asks for."""
    takes_identity: bool = False
    """Whether identity values are generated."""
    gives_identity: bool = False
    """Whether identity values are given by hand (IDENTITY_INSERT)."""
    probe: str = ""
    """For an INSERT: a query for all columns of the rows, with the same binds, to name the duplicate in an error."""
