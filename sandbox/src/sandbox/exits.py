"""What may go wrong in a command, as one message and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sandbox.control import ControlError
from sandbox.errors import ServiceError
from sandbox.processes import ChildError

SERVICE_FAILED = 1
"""A process ended that should have gone on, or did not get ready."""
TO_BE_CHANGED = 2
"""Something about this machine, the options or the env file, which the message names."""
STOPPED = 130
"""Ctrl-C or SIGTERM, as shells have it: 128 + SIGINT."""


@contextmanager
def exit_codes(program: str) -> Iterator[None]:
    """Within the block an error ends the command with a message after `program`, and one of the codes above."""
    try:
        yield
    except (ServiceError, ControlError) as error:
        typer.echo(f"{program}: {error}", err=True)
        raise typer.Exit(TO_BE_CHANGED) from None
    except ChildError as error:
        typer.echo(f"{program}: {error}", err=True)
        raise typer.Exit(SERVICE_FAILED) from None
    except KeyboardInterrupt:
        typer.echo(f"{program}: stopped", err=True)
        raise typer.Exit(STOPPED) from None
