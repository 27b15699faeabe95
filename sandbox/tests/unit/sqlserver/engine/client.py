"""A session that takes plain Python values and gives plain lists: what the tests talk through."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from sandbox.sqlserver.contract import Parameter, SqlError, SqlType
from sandbox.sqlserver.engine import SqlEngine


def parameter(value: object) -> Parameter:
    """A value as the driver would declare it."""
    kinds: dict[type, SqlType] = {
        bool: SqlType(name="bit"),
        int: SqlType(name="bigint"),
        float: SqlType(name="float"),
        str: SqlType(name="nvarchar", length=max(1, len(str(value)))),
        bytes: SqlType(name="varbinary", length=max(1, len(value) if isinstance(value, bytes) else 1)),
        Decimal: SqlType(name="decimal", precision=18, scale=4),
        dt.datetime: SqlType(name="datetime2", scale=7),
        dt.date: SqlType(name="date"),
        uuid.UUID: SqlType(name="uniqueidentifier"),
        type(None): SqlType(name="nvarchar", length=1),
    }
    return Parameter(type=kinds[type(value)], value=value)


def all_of(error: SqlError | None) -> list[SqlError]:
    """An error, and what the server says next."""
    return [] if error is None else [error, *all_of(error.then)]


class Client:
    """One session. `@P1`, `@P2` ... are the arguments."""

    def __init__(
        self, engine: SqlEngine, database: str = "sandbox", user: str = "sa", password: str = "secret"
    ) -> None:
        self.session = engine.login(user, password, database, "tests")

    def run(self, sql: str, *values: object) -> list[list[tuple[object, ...]] | int]:
        """Every result of a batch: lists of rows and counts. Raises its first error when it is over."""
        parameters = {f"P{place}": parameter(value) for place, value in enumerate(values, 1)}
        results: list[list[tuple[object, ...]] | int] = []
        errors: list[SqlError] = []
        try:
            for result in self.session.execute(sql, parameters):
                if result.error is not None:
                    errors.append(result.error)
                elif result.columns is not None:
                    results.append([tuple(row) for row in result.rows])
                elif result.rowcount is not None:
                    results.append(result.rowcount)
        finally:
            self.session.forget_cancel()
        if errors:
            raise errors[0]
        return results

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of the first result that has any columns."""
        return next(result for result in self.run(sql, *values) if isinstance(result, list))

    def value(self, sql: str, *values: object) -> object:
        """The one value of a query."""
        ((value,),) = self.rows(sql, *values)
        return value

    def errors(self, sql: str, *values: object) -> list[SqlError]:
        """The error of a batch that must fail, and what the server says next."""
        return all_of(self.error(sql, *values))

    def error(self, sql: str, *values: object) -> SqlError:
        """The error of a batch that must fail."""
        try:
            self.run(sql, *values)
        except SqlError as error:
            return error
        raise AssertionError(f"no error from: {sql}")

    def number(self, sql: str, *values: object) -> int:
        """The number of that error."""
        return self.error(sql, *values).number

    def changes(self, since: int | None, table: str = "t") -> list[tuple[object, ...]]:
        """(operation, version, creation version, key) of every net change, by key."""
        sql = (
            "SELECT c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, c.SYS_CHANGE_CREATION_VERSION, c.id "
            f"FROM CHANGETABLE(CHANGES {table}, @P1) AS c ORDER BY c.id"
        )
        return self.rows(sql, since)

    def masks(self, since: int, table: str = "t") -> dict[object, object]:
        """SYS_CHANGE_COLUMNS by key."""
        return dict(self.rows(f"SELECT c.id, c.SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES {table}, @P1) AS c", since))

    @property
    def version(self) -> object:
        """CHANGE_TRACKING_CURRENT_VERSION()."""
        return self.value("SELECT CHANGE_TRACKING_CURRENT_VERSION()")
