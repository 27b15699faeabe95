"""What a relay of its own process has logged."""

from __future__ import annotations

from sandbox.processes import Child
from sandbox.waiting import wait_until

PATIENCE_SECONDS = 40.0


def lines_with(relay: Child, *words: str) -> list[str]:
    """The lines of its log that hold all of these."""
    return [line for line in relay.log.read_text().splitlines() if all(word in line for word in words)]


def wait_for_line(relay: Child, *words: str) -> None:
    """Until there is one."""
    wait_until(lambda: lines_with(relay, *words), timeout=PATIENCE_SECONDS, message=f"{words} are not in {relay.log}")
