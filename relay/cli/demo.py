"""`relay demo`: the sandbox's demonstration."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import typer

from relay.cli.errors import EXIT_CONFIGURATION, print_error

PASSES_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Settings of a command whose options are the sandbox's."""


def demo_command(context: typer.Context) -> None:
    """Watch it work on this machine: no Docker, no servers of your own (--seconds, --json; demo --help).

    Example: relay demo --seconds 20
    """
    if importlib.util.find_spec("sandbox") is None:
        print_error("the demo needs the sandbox, which comes with a clone of the project")
        raise typer.Exit(EXIT_CONFIGURATION)
    # A process of its own: relay does not know the sandbox. It gets the terminal's Ctrl-C itself and cleans up.
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "demo", *context.args])
    while True:
        try:
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:
            continue
