"""What a relay of its own process has logged."""

from __future__ import annotations

from contextlib import suppress

from sandbox.processes import Child
from sandbox.waiting import WaitTimeoutError, wait_until

PATIENCE_SECONDS = 40.0


def lines_with(relay: Child, *words: str) -> list[str]:
    """The lines of its log that hold all of these."""
    return [line for line in relay.log.read_text().splitlines() if all(word in line for word in words)]


def wait_for_line(relay: Child, *words: str) -> None:
    """Until there is one; fails when none comes, or the relay has ended."""
    with suppress(WaitTimeoutError):
        wait_until(lambda: lines_with(relay, *words) or relay.exit_code is not None, timeout=PATIENCE_SECONDS)
    assert lines_with(relay, *words), f"{words} are not in {relay.tail()}"


def exit_code_of(relay: Child) -> int | None:
    """With what it ended; None when it does not end, or tries again to consume."""
    with suppress(WaitTimeoutError):
        wait_until(lambda: relay.exit_code is not None or lines_with(relay, "task=consume"), timeout=PATIENCE_SECONDS)
    return relay.exit_code
