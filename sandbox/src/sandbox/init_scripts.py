"""T-SQL that is run once the server answers: tables that somebody's program expects to find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import pyodbc

from sandbox.errors import ServiceError
from sandbox.odbc import connect
from sandbox.prompt.outcome import Failure, Outcome
from sandbox.prompt.prompt_session import run_batch
from sandbox.prompt.script import Batch, batches


def run_scripts(settings: Mapping[str, str], scripts: Iterable[Path]) -> None:
    """Run these files, one after another, each on a new connection; lines with GO cut them into batches.

    Raises ServiceError at the first batch that fails, with the file, the line where the batch begins, and the error.
    """
    for script in scripts:
        with closing(connect(settings)) as connection:
            for batch in batches(_lines(script)):
                _run(connection, batch, script)


def _lines(script: Path) -> list[str]:
    try:
        return script.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ServiceError(f"{script} cannot be read ({error}): name a file of T-SQL in UTF-8 with --init") from None


def _run(connection: pyodbc.Connection, batch: Batch, script: Path) -> None:
    failures: list[Failure] = []

    def note(outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            failures.append(outcome)

    for _ in range(batch.times):
        with closing(connection.cursor()) as cursor:
            run_batch(cursor, batch.sql, note)
        if failures:
            raise ServiceError(f"{script}, the batch that begins at line {batch.line}: {failures[0]}")
