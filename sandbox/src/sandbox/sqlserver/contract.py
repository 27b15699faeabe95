"""What the wire (TDS) and the engine (T-SQL on SQLite) say to each other.

Values cross this border as plain Python: None, int (also for bit), float, decimal.Decimal, str, bytes,
datetime.date, datetime.time, datetime.datetime (aware for datetimeoffset) and uuid.UUID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlType:
    """A T-SQL type. `name` is lower case (`int`, `nvarchar`, `datetime2` ...); `numeric` is `decimal`."""

    name: str
    length: int | None = None
    """Characters for n(var)char and (var)char, bytes for (var)binary; -1 is max."""
    precision: int | None = None
    scale: int | None = None
    collation: str | None = None
    """Of text; None: the database's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a result set."""

    name: str
    type: SqlType
    nullable: bool = True
    identity: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One argument of sp_executesql and its kin; the name is without the @."""

    type: SqlType
    value: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Info:
    """An informational message (INFO token), such as what PRINT says."""

    number: int
    text: str
    severity: int = 0
    state: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What one statement gave back: rows (columns is set), a count, an error after which the batch goes on, or nothing.

    Reading the rows may raise SqlError. Who reads them tells the client, and takes the next result all the same: that
    raises the error again where the batch ends with it.
    """

    columns: Sequence[Column] | None = None
    rows: Iterator[Sequence[object]] | Sequence[Sequence[object]] = ()
    rowcount: int | None = None
    infos: Sequence[Info] = field(default_factory=tuple)
    error: SqlError | None = None
    database: str | None = None
    """Set when the statement was USE: the new current database."""


class SqlError(Exception):
    """An error of SQL Server: number, text, severity (class) and state, as the client sees them.

    Some come in pairs: `then` is what the server says next.
    """

    def __init__(
        self, number: int, text: str, *, severity: int = 16, state: int = 1, then: SqlError | None = None
    ) -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text
        self.severity = severity
        self.state = state
        self.then = then


class Session(Protocol):
    """One connection's state: settings, transaction, current database. Used by one thread, but for `cancel`.

    `descriptor` changes with every transaction: the wire compares it before and after a statement and tells the
    client by ENVCHANGE 8 (begun), 9 (committed) or 10 (rolled back).
    """

    @property
    def spid(self) -> int:
        """@@SPID."""

    @property
    def descriptor(self) -> int:
        """The open transaction's number; 0 when there is none."""

    @property
    def database(self) -> str:
        """The current database's name."""

    @property
    def rolled_back(self) -> bool:
        """Whether the transaction that ended last was rolled back rather than committed."""

    def execute(self, sql: str, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        """Run a batch; one Result a statement that has something to say. Raises SqlError where the batch ends."""

    def failed(self, error: SqlError) -> None:
        """A request has failed: undo what it did, and all of the transaction when the error or XACT_ABORT says so."""

    def begin(self, isolation: int) -> None:
        """Begin a transaction (TM request 5); isolation 0 keeps the session's level."""

    def commit(self) -> None:
        """Commit (TM request 7)."""

    def rollback(self) -> None:
        """Roll back (TM request 8)."""

    def call(self, procedure: str, parameters: Sequence[tuple[str, Parameter]]) -> Iterator[Result]:
        """Run a system procedure that is not about statements (sp_datatype_info_100,
        sp_describe_undeclared_parameters, sp_columns_100 ...). Raises SqlError 2812 for one it does not have."""

    def reset(self) -> None:
        """Back to the state after login (RESETCONNECTION): roll back, READ COMMITTED, settings."""

    def cancel(self) -> None:
        """Make the running request, or one that is about to run, end with SqlError as soon as possible.

        From any thread. It counts until `forget_cancel`.
        """

    def forget_cancel(self) -> None:
        """The request is over: a cancel that was meant for it does not reach the next one."""

    def close(self) -> None:
        """Roll back and let go of everything."""


class Engine(Protocol):
    """The databases behind the server."""

    def login(self, user: str, password: str, database: str, application: str, hang_up: Callable[[], None]) -> Session:
        """A new session. Raises SqlError 18456 for a wrong login, 4060 for a database that it may not enter.

        `hang_up` ends the client's connection without another word, and with it the session. From any thread.
        """

    def close(self) -> None:
        """End all sessions and close the files."""
