"""The commands of the control call."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, ValidationError, validate_call

from sandbox.sqlserver.engine import SqlEngine
from sandbox.sqlserver.engine.administration import AdministrationError
from sandbox.sqlserver.faults.board import Board
from sandbox.sqlserver.faults.errors import ERRORS
from sandbox.sqlserver.faults.model import AnyFault, ErrorFault

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RefusedError(Exception):
    """A command is not known, or cannot be done. The message says why, in one line."""


class Commands:
    """Does what the lines of the control call ask for; the keywords of a command's method are its arguments."""

    def __init__(self, engine: SqlEngine, board: Board) -> None:
        self._engine = engine
        self._board = board
        commands: dict[str, Callable[..., object]] = {
            "arm": self._arm,
            "faults": self._faults,
            "clear": board.clear,
            "offline": self._offline,
            "online": self._online,
            "database_ids": self._database_ids,
            "backup": self._back_up,
            "restore": self._restore,
            "clock": self._clock,
            "forward": self._forward,
            "real": engine.clock.set_real,
            "cleanup": engine.retention.clean,
        }
        self._commands = {name: validate_call(command) for name, command in commands.items()}

    def run(self, line: bytes) -> object:
        """Do what a line says; gives what can be written as JSON. Raises RefusedError."""
        arguments = _read(line)
        name = arguments.pop("command", None)
        command = self._commands.get(str(name))
        if command is None:
            raise RefusedError(f"there is no command {name}: there are {', '.join(self._commands)}")
        try:
            return command(**arguments)
        except ValidationError as error:
            raise RefusedError("; ".join(_problem(each) for each in error.errors())) from None
        except AdministrationError as error:
            raise RefusedError(str(error)) from None

    def _arm(self, *, fault: AnyFault) -> int:
        """Arm a fault; gives its number."""
        if isinstance(fault, ErrorFault) and fault.number not in ERRORS:
            known = ", ".join(str(number) for number in ERRORS)
            raise RefusedError(f"sandbox does not support: error {fault.number} on demand; it has {known}")
        return self._board.arm(fault)

    def _faults(self) -> Mapping[int, Mapping[str, object]]:
        """The faults that are still to come, by number."""
        return {number: asdict(fault) for number, fault in self._board.armed().items()}

    def _offline(self, *, database: str) -> None:
        self._engine.administration.take_offline(database)

    def _online(self, *, database: str) -> None:
        self._engine.administration.bring_online(database)

    def _database_ids(self, *, views: list[str]) -> None:
        self._engine.administration.count_by_server(views)

    def _back_up(self, *, database: str, name: str) -> None:
        self._engine.administration.back_up(database, name)

    def _restore(self, *, database: str, name: str) -> None:
        self._engine.administration.restore(database, name)

    def _clock(self) -> Mapping[str, object]:
        """The moment on the server's clock, and how many seconds it is before the real time."""
        clock = self._engine.clock
        return {"now": clock.now().isoformat(), "ahead": clock.ahead.total_seconds()}

    def _forward(self, *, seconds: Seconds) -> None:
        """Move the clock on; what has expired by it is forgotten at once."""
        try:
            self._engine.clock.put_forward(dt.timedelta(seconds=seconds))
        except OverflowError:
            raise RefusedError("the clock ends with the year 9999") from None
        self._engine.retention.clean_unread()


def _read(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise RefusedError(f"not a line of JSON: {error}") from None
    if not isinstance(found, dict):
        raise RefusedError("not a JSON object")
    return found


def _problem(problem: Any) -> str:
    """Which argument, and what about it."""
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
