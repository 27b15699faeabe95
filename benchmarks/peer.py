"""Relay's nearest peer, django-celery-outbox, where this machine has what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sandbox.processes import ChildError

from benchmarks import postgres
from benchmarks.child import run_child

NAME = "django-celery-outbox"
NOTE = f"{NAME} reads its own outbox, in a real PostgreSQL: a neighbour, and no like-for-like race."
MODULES = ("django", "django_celery_outbox", "psycopg")


class PeerError(Exception):
    """The peer cannot be measured here. The message is one line that says why, and what to do about it."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The peer with its tables, while its PostgreSQL runs."""

    folder: Path
    """That of PostgreSQL's socket."""

    def drain(self, settings: Mapping[str, str], rows: int) -> dict[str, float]:
        """So many messages from its outbox into the queue: `{rows, wall, cpu, peak_mb}`."""
        run_child("outbox:fill", settings, folder=str(self.folder), rows=rows)
        return run_child("outbox:relay", settings, folder=str(self.folder), rows=rows)


@contextmanager
def running(say: Callable[[str], None]) -> Iterator[Peer | None]:
    """The peer until the block is left; None, after one line that says why, where it cannot be had."""
    with ExitStack() as stack:
        try:
            peer = _start(stack)
        except PeerError as error:
            say(f"without {NAME}: {error}")
            peer = None
        yield peer


def _start(stack: ExitStack) -> Peer:
    absent = [name for name in MODULES if find_spec(name) is None]
    if absent:
        how = ".venv/bin/python -m pip install --editable '.[bench]' --constraint constraints.txt"
        raise PeerError(f"{', '.join(absent)} not installed: {how}")
    binaries = postgres.find_binaries()
    if binaries is None:
        raise PeerError("PostgreSQL is not installed: sudo apt-get install postgresql")
    try:
        folder = stack.enter_context(postgres.running(binaries))
        run_child("outbox:create_tables", {}, folder=str(folder))
    except (ChildError, RuntimeError) as error:
        raise PeerError(f"it does not start: {str(error).splitlines()[-1].strip()}") from None
    return Peer(folder=folder)
