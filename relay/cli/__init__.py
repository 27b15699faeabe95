"""The command line: `relay --help`. A command's module, and all that it needs, is imported when the command runs."""

from __future__ import annotations

from relay.cli.commands import main

__all__ = ["main"]
