"""An engine that gives back what a test told it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from sandbox.sqlserver.contract import Column, Parameter, Result, SqlError
from sandbox.sqlserver.engine.execution.datatype_info import datatype_info

USER = "sa"
PASSWORD = "Fake-1-password"
DATABASE = "sandbox"

Script = Callable[["FakeSession", Mapping[str, Parameter]], Iterator[Result]]


class FakeEngine:
    """Sessions run the script whose name stands first in a batch; `ECHO` gives the parameters back as one row."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {"ECHO": _echo}
        self.sessions: list[FakeSession] = []

    def login(
        self, user: str, password: str, database: str, application: str, hang_up: Callable[[], None]
    ) -> FakeSession:
        if (user, password) != (USER, PASSWORD):
            raise SqlError(18456, f"Login failed for user '{user}'.", severity=14)
        if database not in (DATABASE, "master", ""):
            raise SqlError(4060, f'Cannot open database "{database}" requested by the login.', severity=11)
        session = FakeSession(self, database or "master", application)
        self.sessions.append(session)
        return session

    def open_sessions(self) -> list[FakeSession]:
        return [session for session in self.sessions if not session.closed]

    def close(self) -> None:
        pass


class FakeSession:
    def __init__(self, engine: FakeEngine, database: str, application: str) -> None:
        self.engine = engine
        self.database = database
        self.application = application
        self.spid = 51
        self.descriptor = 0
        self.rolled_back = False
        self.begun = 0
        self.log: list[str] = []
        self.parameters: list[Mapping[str, Parameter]] = []
        self.cancelled = threading.Event()
        self.was_cancelled = False
        self.closed = False

    def execute(self, sql: str, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        self.log.append(sql)
        self.parameters.append(parameters)
        script = self.engine.scripts.get(sql.split(maxsplit=1)[0].rstrip(";"))
        if script is None:
            raise SqlError(102, f"Incorrect syntax near '{sql}'.", severity=15)
        yield from script(self, parameters)

    def failed(self, error: SqlError) -> None:
        self.log.append(f"failed {error.number}")

    def begin(self, isolation: int) -> None:
        self.begun += 1
        self.descriptor = self.begun
        self.log.append("begin")

    def commit(self) -> None:
        self._end("commit", rolled_back=False)

    def rollback(self) -> None:
        self._end("rollback", rolled_back=True)

    def abort(self) -> None:
        """The server rolls back on its own."""
        self._end("abort", rolled_back=True)

    def _end(self, how: str, *, rolled_back: bool) -> None:
        if not self.descriptor:
            raise SqlError(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.")
        self.descriptor = 0
        self.rolled_back = rolled_back
        self.log.append(how)

    def call(self, procedure: str, parameters: Sequence[tuple[str, Parameter]]) -> Iterator[Result]:
        if procedure.endswith("sp_datatype_info_100"):
            # pyodbc asks at connect how long strings may be.
            yield datatype_info(int(str(parameters[0][1].value)))
            return
        self.log.append(f"call {procedure}")
        raise SqlError(2812, f"Could not find stored procedure '{procedure}'.", state=62)

    def reset(self) -> None:
        self.log.append("reset")
        self.descriptor = 0

    def cancel(self) -> None:
        self.was_cancelled = True
        self.cancelled.set()

    def forget_cancel(self) -> None:
        self.cancelled.clear()

    def close(self) -> None:
        self.closed = True

    def wait_for_cancel(self, seconds: float) -> None:
        """A statement that takes long. Raises 3617 when it is cancelled."""
        if self.cancelled.wait(seconds):
            raise SqlError(3617, "The statement was cancelled by the client.", severity=11)


def _echo(session: FakeSession, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    columns = [Column(name=name, type=parameter.type) for name, parameter in parameters.items()]
    yield Result(columns=columns, rows=[[parameter.value for parameter in parameters.values()]])
