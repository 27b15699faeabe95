"""MSSQLClient: the engine, what change tracking says of tables, and snapshots in which to read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from threading import Event
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from common.config import Settings
from common.database.errors import ConfigurationError
from common.database.mssql import statements
from common.database.mssql.cancellation import Calls, cancellable, let_cancel
from common.database.mssql.descriptions import Descriptions
from common.database.mssql.first_answer import is_silent
from common.database.mssql.locks import FENCE_TABLE, limit_lock_waits, locks_named
from common.database.mssql.lookout import MSSQLLookout
from common.database.mssql.snapshot import MSSQLSnapshot
from common.database.mssql.table_states import read_states
from common.database.mssql.text import read_any_text
from common.database.ports import ChangeSource
from common.database.records import TableState, TrackedTable
from common.server_address import STANDARD_PORT, parse_server
from common.sql_server_text import without_values

CONNECT_SECONDS = 10
PING_SECONDS = 5
"""A connection that went silent while it was not in use is noticed after this time."""
RENEWAL_SECONDS = 5
"""A renewal of the fence that takes longer is given up."""
CANCEL_SECONDS = 5
"""A cancelled statement has ended after this time: the driver waits two seconds for the server, then hangs up."""
RETENTION_UNITS = {1: timedelta(minutes=1), 2: timedelta(hours=1), 3: timedelta(days=1)}
DESCRIPTIONS = 3
"""Of a table that is altered while it is described."""


class MSSQLClient(ChangeSource):
    """SQL Server, as relay uses it. Connects at the first use; make one a process, after a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._descriptions = Descriptions()
        self._reading: dict[Calls, TrackedTable] = {}
        self._interrupted = Event()
        """A person has given up."""

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine; connections are checked before they are used again."""
        return make_engine(self._settings)

    @override
    def states(self, tables: Sequence[TrackedTable]) -> Mapping[str, TableState]:
        with self.engine.connect() as connection:
            return read_states(connection, tables)

    @override
    @contextmanager
    def lookout(self) -> Iterator[MSSQLLookout]:
        with self._drivers_errors_wrapped(), self.engine.connect() as plain:
            yield MSSQLLookout(plain)

    def change_retention(self) -> timedelta | None:
        """How long change tracking keeps changes; None: it is off for the database."""
        with self.engine.connect() as connection:
            found = connection.execute(statements.retention()).one_or_none()
        return None if found is None else found.retention_period * RETENTION_UNITS[found.retention_period_units]

    @override
    @contextmanager
    def snapshot(self, tracked: TrackedTable, *, patience_seconds: float | None = None) -> Iterator[MSSQLSnapshot]:
        with (
            self._drivers_errors_wrapped(),
            locks_named(tracked, tracked.full_name),
            self._descriptions.forgotten_after_errors(tracked),
            self._connection_to(tracked, patience_seconds) as plain,
        ):
            yield self._open(plain, tracked)

    @contextmanager
    def _connection_to(self, tracked: TrackedTable, patience_seconds: float | None = None) -> Iterator[Connection]:
        """A connection whose statements `cancel` reaches."""
        calls = Calls(self._interrupted)
        with self.engine.connect() as plain:
            # The driver's own limit comes later than the heartbeat's cancel.
            limit = seconds_with_heartbeat(self._settings, patience_seconds)
            plain.connection.dbapi_connection.timeout = limit  # type: ignore[union-attr]
            self._reading[calls] = tracked
            try:
                yield cancellable(plain, calls)
            finally:
                del self._reading[calls]

    @contextmanager
    def _drivers_errors_wrapped(self) -> Iterator[None]:
        """Make a DBAPIError of what SQLAlchemy lets through where it sets an isolation level, or sets it back."""
        try:
            yield
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(None, None, error) from error

    def _open(self, plain: Connection, tracked: TrackedTable) -> MSSQLSnapshot:
        """A snapshot in which the table is what it was described as."""
        for _ in range(DESCRIPTIONS):
            described = self._descriptions.of(plain, tracked)
            plain.rollback()
            # guard: one-snapshot
            connection = plain.execution_options(isolation_level="SNAPSHOT")
            snapshot = MSSQLSnapshot(connection, tracked, described.table, batch_size=self._settings.RELAY_BATCH_SIZE)
            # guard: described-as-it-is
            if snapshot.shape == described.shape:
                return snapshot
            self._descriptions.forget(tracked)
            snapshot.abandon()
        raise ConfigurationError(
            f"source {tracked.name}: {tracked.full_name} is altered again and again; relay goes on when that ends"
        )

    @override
    def still_pending(
        self,
        tracked: TrackedTable,
        keys: Collection[tuple[Any, ...]],
        progress: Callable[[], None],
        *,
        patience_seconds: float | None = None,
    ) -> set[tuple[Any, ...]]:
        with self.snapshot(tracked, patience_seconds=patience_seconds) as snapshot:
            return snapshot.still_pending(list(keys), progress)

    @override
    def renew_fence(self, tracked: TrackedTable, store: str) -> None:
        # A short limit: the next renewal comes soon.
        with self._drivers_errors_wrapped(), locks_named(tracked, FENCE_TABLE), self.engine.connect() as plain:
            plain.connection.driver_connection.timeout = RENEWAL_SECONDS  # type: ignore[union-attr]
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(statements.renew_fence(tracked.name, store))

    @override
    def cancel(self, tracked: TrackedTable) -> None:
        for calls, read in list(self._reading.items()):
            if read == tracked:
                calls.cancel()

    @property
    def is_reading(self) -> bool:
        """Whether a connection is open that reads a source."""
        return bool(self._reading)

    def interrupt(self) -> None:
        """A person gives up: cancel every statement that reads a source, as KeyboardInterrupt. From another thread."""
        self._interrupted.set()
        for calls in list(self._reading):
            calls.cancel()

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "engine" in self.__dict__:
            self.engine.dispose()


def _connect(settings: Settings) -> Any:
    import pyodbc

    # guard: strict-answers-first
    if settings.MSSQL_ENCRYPT == "strict" and _is_silent(settings.MSSQL_SERVER):
        raise pyodbc.OperationalError("HYT00", "[HYT00] [relay]Login timeout expired (0) (before SQLDriverConnect)")
    return pyodbc.connect(settings.odbc_connection_string, timeout=CONNECT_SECONDS)


def _is_silent(server: str) -> bool:
    address = parse_server(server)
    if address.instance and address.port is None:
        # SQL Server Browser knows its port.
        return False
    return is_silent(address.host.strip("[]"), address.port or STANDARD_PORT, seconds=CONNECT_SECONDS)


def make_engine(settings: Settings) -> Engine:
    """An engine for these settings: every wait has a limit, and pooling is SQLAlchemy's alone."""
    import pyodbc

    pyodbc.pooling = False
    engine = sa.create_engine(
        "mssql+pyodbc://",
        # Not in the URL, which the engine's repr shows with all that is in its query.
        creator=lambda: _connect(settings),
        pool_size=2,
        pool_pre_ping=True,
        # guard: parameters-hidden
        hide_parameters=True,
    )
    let_cancel(engine)

    @event.listens_for(engine, "handle_error")
    def leave_values_out(context: Any) -> None:
        # guard: errors-without-values
        hide_values(context.original_exception, context.sqlalchemy_exception)

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        read_any_text(dbapi_connection)
        limit_lock_waits(dbapi_connection)

    @event.listens_for(engine, "checkout")
    def limit_statements(dbapi_connection: Any, *_: Any) -> None:
        dbapi_connection.timeout = math.ceil(settings.RELAY_STALL_SECONDS)

    @event.listens_for(engine, "checkin")
    def limit_the_next_ping(dbapi_connection: Any, *_: Any) -> None:
        if dbapi_connection is not None:
            dbapi_connection.timeout = PING_SECONDS

    return engine


def hide_values(driver_error: BaseException, wrapped: BaseException | None) -> None:
    """Change both in place, so that neither quotes a row; SQLSTATE and number stay where they are looked for."""
    if len(driver_error.args) > 1 and isinstance(driver_error.args[1], str):
        driver_error.args = (driver_error.args[0], without_values(driver_error.args[1]), *driver_error.args[2:])
        if isinstance(wrapped, DBAPIError):
            wrapped.args = (f"{type(driver_error).__name__}: {driver_error}", *wrapped.args[1:])


def seconds_with_heartbeat(settings: Settings, patience_seconds: float | None = None) -> int:
    """The driver's own limit for a statement that a heartbeat cancels: clearly later than that.

    `patience_seconds`: the heartbeat's, where that is not RELAY_STALL_SECONDS.
    """
    # guard: driver-waits-too
    patience = max(patience_seconds or 0, settings.RELAY_STALL_SECONDS)
    # guard: driver-limit-is-later
    return math.ceil(patience + settings.heartbeat_seconds + CANCEL_SECONDS)
