"""What definition statements ask for, and the errors of those who do not have it.

Numbers, texts and states without a remark were probed on SQL Server 2025 by others (RyanLamansky/sql-server-simulator,
SimulatedSqlException). A table that is not there is left to the statement itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.ddl.permissions import cannot_find_securable, find_securable
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import does_not_exist_or_no_permission, no_item
from sandbox.sqlserver.engine.parser.definition_statements import (
    AddToTable,
    AlterColumn,
    CreateDatabase,
    CreateIndex,
    CreateSchema,
    CreateTable,
    CreateTableOf,
    DropFromTable,
    DropIndex,
    DropSchema,
    DropTable,
    Rename,
    TrackTable,
    TruncateTable,
)
from sandbox.sqlserver.engine.parser.rights_statements import (
    AlterRole,
    ChangePermissions,
    CreateLogin,
    CreateUser,
    DropLogin,
    DropUser,
)
from sandbox.sqlserver.engine.rights.effective import Rights
from sandbox.sqlserver.engine.rights.logins import Login
from sandbox.sqlserver.engine.rights.needs import permission_denied


def check_definition(work: Work, statement: object) -> None:
    """Raises SQL Server's error when the user may not run this definition statement."""
    rights = work.rights()
    if not rights.is_owner:
        _DEMANDS[type(statement)](_Demands(work=work, rights=rights), statement)


def check_alter_database(work: Work) -> None:
    """Raises 5011, and 5069 behind it, for a user without ALTER on the database."""
    if not work.rights().may("ALTER"):
        raise cannot_alter_database(work.database.name, state=9)


def cannot_alter_database(name: str, *, state: int) -> SqlError:
    """5011, and 5069 behind it: no right, or no such database."""
    text = (
        f"User does not have permission to alter database '{name}', the database does not exist, or the database "
        "is not in a state that allows access checks."
    )
    failed = SqlError(5069, "ALTER DATABASE statement failed.")
    return SqlError(5011, text, severity=14, state=state, then=failed)


def check_server_definition(login: Login, statement: CreateDatabase | CreateLogin | DropLogin) -> None:
    """Raises 262, 15247 or 15151 for every login but the administrator's."""
    if login.is_administrator:
        return
    if isinstance(statement, CreateDatabase):
        raise permission_denied("CREATE DATABASE", "master")
    if isinstance(statement, CreateLogin):
        raise _no_permission()
    raise does_not_exist_or_no_permission("drop the login", statement.name)


def check_identity_insert(rights: Rights, table: Table, name: tuple[str, ...]) -> None:
    """Raises 1088 when the user may not SET IDENTITY_INSERT for the table, which was written as `name`."""
    if not rights.may("ALTER", table):
        raise _cannot_find(name, 11)


def check_cleanup(rights: Rights) -> None:
    """Raises 15247 when the user may not flush the change tables: db_owner may (Microsoft; the number is not said)."""
    if not rights.may("CONTROL"):
        raise _no_permission()


def _no_permission() -> SqlError:
    return SqlError(15247, "User does not have permission to perform this action.")


def _cannot_find(name: tuple[str, ...], state: int) -> SqlError:
    text = f'Cannot find the object "{".".join(name)}" because it does not exist or you do not have permissions.'
    return SqlError(1088, text, state=state)


def _cannot_drop(kind: str, name: str) -> SqlError:
    text = f"Cannot drop the {kind} '{name}', because it does not exist or you do not have permission."
    return SqlError(3701, text, severity=14, state=20)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Demands:
    """What each kind of statement asks for: raises the error of a user who does not have it."""

    work: Work
    rights: Rights

    def _alter(self, name: tuple[str, ...], state: int) -> None:
        table = self.work.catalog().find(*self.work.table_name(name))
        if table is not None and not self.rights.may("ALTER", table):
            raise _cannot_find(name, state)

    def alter_table(self, statement: AddToTable | AlterColumn | DropFromTable | TrackTable) -> None:
        self._alter(statement.table, 13)

    def truncate(self, statement: TruncateTable) -> None:
        table = self.work.catalog().find(*self.work.table_name(statement.name))
        if table is not None and not self.rights.may("ALTER", table):
            raise _cannot_find(statement.name[-1:], 7)

    def rename(self, statement: Rename) -> None:
        """Not probed: as for a table that is not there."""
        name = statement.name[:-1] if statement.is_column else statement.name
        table = self.work.catalog().find(*self.work.table_name(name))
        if table is not None and not self.rights.may("ALTER", table):
            raise no_item(".".join(statement.name))

    def create_index(self, statement: CreateIndex) -> None:
        self._alter(statement.table, 12)

    def drop_index(self, statement: DropIndex) -> None:
        """3701 as for tables; not probed for indexes."""
        table = self.work.catalog().find(*self.work.table_name(statement.table))
        if table is not None and not self.rights.may("ALTER", table):
            raise _cannot_drop("index", f"{table.name}.{statement.name}")

    def create_table(self, statement: CreateTable | CreateTableOf) -> None:
        if not self.rights.may("CREATE TABLE"):
            raise permission_denied("CREATE TABLE", self.work.database.name)
        schema, _ = self.work.table_name(statement.name)
        known = schema.lower() in self.rights.catalog.principals.schemas
        if known and not self.rights.may("ALTER", schema):
            text = (
                f'The specified schema name "{schema}" either does not exist or you do not have permission to use it.'
            )
            raise SqlError(2760, text)

    def drop_table(self, statement: DropTable) -> None:
        for name in statement.names:
            table = self.work.catalog().find(*self.work.table_name(name))
            if table is not None and not (self.rights.may("ALTER", table.schema) or self.rights.may("CONTROL", table)):
                raise _cannot_drop("table", table.name)

    def create_schema(self, statement: CreateSchema) -> None:
        """262 with 2759 behind it, as users report it; the probe mentioned above has 15247."""
        if not self.rights.may("CREATE SCHEMA"):
            failed = SqlError(2759, "CREATE SCHEMA failed due to previous errors.", state=0)
            raise permission_denied("CREATE SCHEMA", self.work.database.name, then=failed)

    def drop_schema(self, statement: DropSchema) -> None:
        known = statement.name.lower() in self.rights.catalog.principals.schemas
        if known and not self.rights.may("CONTROL", statement.name):
            raise does_not_exist_or_no_permission("drop the schema", statement.name)

    def create_user(self, statement: CreateUser) -> None:
        """ALTER ANY USER, which ALTER on the database gives."""
        if not self.rights.may("ALTER"):
            raise _no_permission()

    def drop_user(self, statement: DropUser) -> None:
        if not self.rights.may("ALTER"):
            raise does_not_exist_or_no_permission("drop the user", statement.name)

    def alter_role(self, statement: AlterRole) -> None:
        """The members of fixed roles are db_owner's to change."""
        if not self.rights.may("CONTROL"):
            raise does_not_exist_or_no_permission("alter the role", statement.name, state=2)

    def change_permissions(self, statement: ChangePermissions) -> None:
        """Whoever gives a permission has CONTROL of what it is given on. Object and schema: not probed."""
        on, _ = find_securable(self.work, statement)
        if self.rights.may("CONTROL", on):
            return
        if on is None:
            raise SqlError(4613, "Grantor does not have GRANT permission.")
        raise cannot_find_securable(statement)


_DEMANDS: dict[type[Any], Callable[[_Demands, Any], None]] = {
    AddToTable: _Demands.alter_table,
    AlterColumn: _Demands.alter_table,
    DropFromTable: _Demands.alter_table,
    TrackTable: _Demands.alter_table,
    TruncateTable: _Demands.truncate,
    Rename: _Demands.rename,
    CreateIndex: _Demands.create_index,
    DropIndex: _Demands.drop_index,
    CreateTable: _Demands.create_table,
    CreateTableOf: _Demands.create_table,
    DropTable: _Demands.drop_table,
    CreateSchema: _Demands.create_schema,
    DropSchema: _Demands.drop_schema,
    CreateUser: _Demands.create_user,
    DropUser: _Demands.drop_user,
    AlterRole: _Demands.alter_role,
    ChangePermissions: _Demands.change_permissions,
}
