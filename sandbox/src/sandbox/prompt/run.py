"""The prompt's three ways: one query, a script, and a person who types."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyodbc
from rich.console import Console

from sandbox.odbc import connect
from sandbox.prompt.outcome import Outcome, write
from sandbox.prompt.prompt_session import PromptSession
from sandbox.prompt.script import Batch, batches, go_times, is_complete

LEAVE = frozenset({":quit", "quit", "exit", "\\q"})
GREETING = "End a statement with ; or a batch with GO. Ctrl-C cancels, Ctrl-D or exit leaves."


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptOptions:
    """What is to be run; neither query nor file: standard input."""

    query: str | None = None
    file: Path | None = None
    keep_going: bool = False
    """Go on after a batch that failed."""


def prompt(settings: Mapping[str, str], options: PromptOptions) -> bool:
    """Run it; whether every batch went well. Raises pyodbc.Error when there is no connection, ServiceError when the
    settings do not say how to get one."""
    console = Console()
    connection = connect(settings)
    try:
        session = PromptSession(connection)
        if options.query is not None:
            return _run_all(session, console, [Batch(sql=options.query, line=1)], options)
        if options.file is not None:
            with options.file.open(encoding="utf-8") as script:
                return _run_all(session, console, batches(script), options)
        if sys.stdin.isatty():
            return _converse(session, console, connection)
        return _run_all(session, console, batches(sys.stdin), options)
    finally:
        connection.close()


def _run_all(session: PromptSession, console: Console, script: Iterable[Batch], options: PromptOptions) -> bool:
    well = True
    for batch in script:
        for _ in range(batch.times):
            if _run(session, console, batch.sql):
                continue
            well = False
            if not options.keep_going:
                console.print(f"stopped in the batch that begins at line {batch.line}", style="red")
                return False
    return well


def _converse(session: PromptSession, console: Console, connection: pyodbc.Connection) -> bool:
    """Until the person leaves; a batch that failed is no failure of the conversation."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - input() then knows the arrow keys and what was typed before
    console.print(GREETING, style="dim")
    typed: list[str] = []
    while True:
        try:
            line = input(f"{_database(connection)}> " if not typed else "   -> ")
        except EOFError:
            console.print()
            return True
        except KeyboardInterrupt:
            typed.clear()
            console.print()
            continue
        if not typed and line.strip().lower().rstrip(";") in LEAVE:
            return True
        times = go_times(line)
        if times is None:
            typed.append(line)
            if not is_complete("\n".join(typed)):
                continue
        for _ in range(times or 1):
            if "".join(typed).strip():
                _run(session, console, "\n".join(typed))
        typed.clear()


def _run(session: PromptSession, console: Console, sql: str) -> bool:
    def show(outcome: Outcome) -> None:
        write(console, outcome)

    return session.run(sql, show)


def _database(connection: pyodbc.Connection) -> str:
    try:
        return str(connection.getinfo(pyodbc.SQL_DATABASE_NAME))
    except pyodbc.Error:
        return "?"
