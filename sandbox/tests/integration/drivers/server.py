"""The server that the drivers' tests talk to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

USER = "sa"
PASSWORD = "Fine-for-drivers-1"
DATABASE = "sandbox"

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A running stand-in."""

    port: int
    certificate: Path
    """PEM."""


def new_name() -> str:
    """A name for a table that no other test uses."""
    return f"dbo.Things{next(_numbers)}"
