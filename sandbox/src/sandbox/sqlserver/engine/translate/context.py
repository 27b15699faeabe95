"""What one translation knows and gathers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.catalog.schema import Catalog, Table
from sandbox.sqlserver.engine.errors import undeclared_variable
from sandbox.sqlserver.engine.locking.reading import Reading
from sandbox.sqlserver.engine.rights.needs import Need
from sandbox.sqlserver.engine.translate.plan import Bind, Value
from sandbox.sqlserver.engine.values.convert import Convert


@dataclass(frozen=True, kw_only=True)
class Context:
    """The catalog and the variables' types go in; arguments and the permissions that are needed are gathered."""

    catalog: Catalog
    variables: Mapping[str, SqlType]
    """By name in lower case."""
    databases: Mapping[str, int]
    """Every database of the server with its id."""
    binds: dict[Bind, int] = field(default_factory=dict)
    """Every argument with its number, from 1 on."""
    needs: list[Need] = field(default_factory=list)
    """Every permission that the statement asks for, in SQL Server's order."""
    locks: list[str] = field(default_factory=list)
    """Hints that were given and need the write lock."""
    locked: frozenset[int] = frozenset()
    """Tables of which other transactions have locked rows, by object id."""
    is_dirty: bool = False
    """Whether all tables are read as with NOLOCK."""
    readings: list[Reading] = field(default_factory=list)
    """What is read of the locked ones."""
    is_kept: bool = False
    """Whether the SQL is written into the file and outlives this process: the check of a table, a filter."""
    aliases: list[str] = field(default_factory=list)

    def alias(self) -> str:
        """A name for a source that nothing else in this statement has."""
        name = f"s{len(self.aliases)}"
        self.aliases.append(name)
        return name

    def need(self, permission: str, table: Table | None = None) -> None:
        """The statement asks for this permission, on the database when no table is named."""
        need = Need(permission=permission, table=table)
        if need not in self.needs:
            self.needs.append(need)

    def argument(self, name: str, convert: Convert | None = None) -> str:
        """A placeholder for a variable or a session fact; the same one for the same argument."""
        number = self.binds.setdefault(Bind(name=name, convert=convert), len(self.binds) + 1)
        return f"?{number}"

    def variable(self, name: str) -> Value:
        """A declared variable or parameter. Raises 137."""
        key = name.lower()
        sql_type = self.variables.get(key)
        if sql_type is None:
            raise undeclared_variable(name)
        return Value(sql=self.argument(key), type=sql_type, bind=key)

    def fact(self, name: str, sql_type: SqlType, *, nullable: bool = True) -> Value:
        """Something only the session knows when the statement runs, such as `$trancount`."""
        return Value(sql=self.argument(name), type=sql_type, nullable=nullable, bind=name)
