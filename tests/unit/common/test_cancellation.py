"""Who cancels a call and who makes it are two threads: the call is not over before its cancel is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyodbc
import pytest
from sandbox.waiting import WaitTimeoutError, wait_until

from common.database.mssql.cancellation import Calls, CancellableCursor


class Statement:
    """A cursor whose execute lasts until it is let go, and whose cancel lasts as long as the test wants."""

    def __init__(self, *, cancelling: Callable[[], None] = lambda: None) -> None:
        self.running = threading.Event()
        self.go = threading.Event()
        self.cancels = 0
        self.fails_with: BaseException | None = None
        self._cancelling = cancelling

    def execute(self, statement: str) -> str:
        self.running.set()
        assert self.go.wait(10)
        if self.fails_with is not None:
            raise self.fails_with
        return statement

    def fetchone(self) -> str:
        return "a row"

    def cancel(self) -> None:
        self.cancels += 1
        self.go.set()
        self._cancelling()


def _given_up(cursor: Any) -> pyodbc.OperationalError:
    with pytest.raises(pyodbc.OperationalError, match="cancelled: nothing had moved for too long") as raised:
        cursor.execute("SELECT 1")
    return raised.value


def test_a_call_does_not_return_before_its_cancel_has() -> None:
    """What follows it closes the statement, and the driver would die."""
    cancel_may_return, calls = threading.Event(), Calls(threading.Event())
    statement = Statement(cancelling=lambda: assert_in_time(cancel_may_return))
    with ThreadPoolExecutor(2) as threads:
        call = threads.submit(_given_up, CancellableCursor(statement, calls))
        assert_in_time(statement.running)
        cancel = threads.submit(calls.cancel)
        wait_until(lambda: statement.cancels)
        returned_early = _is_done_soon(call)
        cancel_may_return.set()
        cancel.result(10)
        call.result(10)
    assert not returned_early


def test_a_call_that_a_person_gave_up_ends_as_ctrl_c_does_whatever_the_driver_says() -> None:
    interrupted, statement = threading.Event(), Statement()
    calls = Calls(interrupted)
    statement.fails_with = pyodbc.Error("HY008", "Operation canceled")
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(CancellableCursor(statement, calls).execute, "SELECT 1")
        assert_in_time(statement.running)
        interrupted.set()
        calls.cancel()
        assert isinstance(call.exception(10), KeyboardInterrupt)


def test_no_call_begins_once_a_person_has_given_up() -> None:
    """The driver ends a call that a signal met by itself, as if the connection were lost: that is tried again."""
    interrupted, statement = threading.Event(), Statement()
    interrupted.set()
    statement.go.set()
    with pytest.raises(KeyboardInterrupt):
        CancellableCursor(statement, Calls(interrupted)).execute("SELECT 1")
    assert not statement.running.is_set()


def test_between_two_calls_nothing_is_cancelled() -> None:
    statement, calls = Statement(), Calls(threading.Event())
    cursor = CancellableCursor(statement, calls)
    calls.cancel()
    statement.go.set()
    assert cursor.execute("SELECT 1") == "SELECT 1"
    calls.cancel()
    assert cursor.fetchone() == "a row"
    assert statement.cancels == 0


@pytest.mark.parametrize("error", [None, pyodbc.Error("HY008", "Operation canceled"), ValueError("the driver's state")])
def test_a_call_that_was_cancelled_ends_with_the_same_error_whatever_the_driver_says(error: Exception | None) -> None:
    statement, calls = Statement(), Calls(threading.Event())
    statement.fails_with = error
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(_given_up, CancellableCursor(statement, calls))
        assert_in_time(statement.running)
        calls.cancel()
        raised = call.result(10)
    assert raised.args[0] == "HYT00"
    assert raised.__cause__ is error
    if error is not None:
        assert str(error) in raised.args[1], "nothing that the driver said is left out"


def test_a_cancel_meets_one_call_only() -> None:
    statement, calls = Statement(), Calls(threading.Event())
    cursor = CancellableCursor(statement, calls)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(_given_up, cursor)
        assert_in_time(statement.running)
        calls.cancel()
        call.result(10)
    assert cursor.fetchone() == "a row"


@pytest.mark.parametrize("error", [pyodbc.Error("42000", "no such table"), KeyboardInterrupt()])
def test_what_was_not_cancelled_fails_as_it_does(error: BaseException) -> None:
    statement, calls = Statement(), Calls(threading.Event())
    statement.fails_with = error
    statement.go.set()
    with pytest.raises(type(error)) as raised:
        CancellableCursor(statement, calls).execute("SELECT 1")
    assert raised.value is error
    calls.cancel()
    assert statement.cancels == 0


def assert_in_time(event: threading.Event) -> None:
    assert event.wait(10)


def _is_done_soon(call: Any) -> bool:
    """Whether it is, a moment after it could have been."""
    try:
        wait_until(call.done, timeout=0.2)
    except WaitTimeoutError:
        return False
    return True


def test_a_cursor_that_the_driver_closed_is_closed_in_silence() -> None:
    """Once each error in the middle of a read was logged a second time, with SQLAlchemy's traceback."""

    class Closed:
        closes = 0

        def close(self) -> None:
            self.closes += 1
            raise pyodbc.ProgrammingError("Attempt to use a closed cursor.")

    cursor, told = Closed(), ""
    try:
        CancellableCursor(cursor, Calls(threading.Event())).close()
    except pyodbc.ProgrammingError as error:
        told = str(error)
    assert (cursor.closes, told) == (1, "")
