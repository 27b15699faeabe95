"""How a command ends that could not do its work: a line a cause, with its remedy, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from common.escaping import escaped_lines
from relay.exits import EXIT_CONFIGURATION
from relay.operations.ending import ending_of


@contextmanager
def report_errors() -> Iterator[None]:
    """Exit codes: 1 a service refused, 2 to be fixed by a person, 3 a service is away. A defect is raised."""
    try:
        yield
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        print_error("\n".join(ending.lines))
        raise typer.Exit(ending.code) from None


def exit_with(problems: Sequence[str]) -> None:
    """End the command with these problems, if there are any."""
    if problems:
        print_error("\n".join(problems))
        raise typer.Exit(EXIT_CONFIGURATION)


def print_error(message: str) -> None:
    """Every line of it, on standard error."""
    for line in escaped_lines(message):
        typer.echo(f"relay: {line}", err=True)
