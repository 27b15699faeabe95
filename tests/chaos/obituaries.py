"""Processes of a worker's pool that a signal has ended, as the worker's log tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"Process '(?P<name>[^']+)' pid:(?P<process>\d+) exited with 'signal (?P<signal>\d+)")
"""billiard's, from billiard.pool."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """One process."""

    process: int
    signal: int

    def __str__(self) -> str:
        return f"process {self.process} by signal {self.signal}"


def deaths_in(log: Path) -> Iterator[Death]:
    """Those that this log tells of."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else ():
        if found := _LINE.search(line):
            yield Death(process=int(found["process"]), signal=int(found["signal"]))
