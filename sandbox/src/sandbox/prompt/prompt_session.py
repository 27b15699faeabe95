"""A connection on which batches are run, and cancelled."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pyodbc

from sandbox.prompt.outcome import Affected, Failure, Message, Outcome, Rows

JOIN_SECONDS = 0.1

_PREFIX = re.compile(r"^(\[[^\]]*\]\s*)+")
_NUMBER = re.compile(r"\s*\((\d+)\)\s*(?:\(SQL\w+\))?\s*$")


class PromptSession:
    """Runs one batch at a time."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, show: Callable[[Outcome], None]) -> bool:
        """Run a batch and show each piece of its outcome as it comes; whether it went well.

        KeyboardInterrupt cancels the batch, which then ends with a failure of its own.
        """
        cursor = self._connection.cursor()
        outcomes: list[bool] = []
        # The driver hears no signal while it waits: it waits in a thread, and this one stays free to cancel.
        thread = threading.Thread(target=lambda: outcomes.append(run_batch(cursor, sql, show)), daemon=True)
        thread.start()
        while thread.is_alive():
            try:
                thread.join(JOIN_SECONDS)
            except KeyboardInterrupt:
                cursor.cancel()
        cursor.close()
        return bool(outcomes and outcomes[0])


def run_batch(cursor: pyodbc.Cursor, sql: str, show: Callable[[Outcome], None]) -> bool:
    """Run a batch to its end, and show each piece of its outcome; whether it went well.

    pyodbc gives nothing beyond a batch's first error, though the server may have gone on.
    """
    try:
        cursor.execute(sql)
        more = True
        while more:
            for outcome in _current(cursor):
                show(outcome)
            more = bool(cursor.nextset())
    except pyodbc.Error as error:
        for message in _messages(cursor):
            show(message)
        show(failure_of(error))
        return False
    return True


def _current(cursor: pyodbc.Cursor) -> Iterator[Outcome]:
    if cursor.description:
        columns = [str(column[0]) for column in cursor.description]
        yield Rows(columns=columns, rows=[tuple(row) for row in cursor.fetchall()])
    elif cursor.rowcount >= 0:
        yield Affected(count=cursor.rowcount)
    yield from _messages(cursor)


def _messages(cursor: pyodbc.Cursor) -> Iterator[Message]:
    messages: list[tuple[str, Any]] = cursor.messages or []
    for _kind, text in messages:
        yield Message(text=_PREFIX.sub("", str(text)))


def failure_of(error: pyodbc.Error) -> Failure:
    """What the driver raised, without the names of those who passed it on."""
    state = str(error.args[0]) if error.args else ""
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    first = text.split("; [")[0]
    found = _NUMBER.search(first)
    number = int(found[1]) if found else 0
    return Failure(number=number or None, state=state, text=_PREFIX.sub("", _NUMBER.sub("", first)))
