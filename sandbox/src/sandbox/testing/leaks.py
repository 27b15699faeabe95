"""What a test has left behind: processes, and sockets of its own."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import psutil

from sandbox.waiting import WaitTimeoutError, wait_until

SETTLE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Belongings:
    """What this process holds at a moment."""

    processes: frozenset[int]
    """Ids of its children."""
    sockets: frozenset[tuple[object, ...]]
    """Its TCP sockets: both ends."""

    @classmethod
    def now(cls) -> Belongings:
        """What it holds now. Processes that have ended do not count."""
        me = psutil.Process()
        children = [child.pid for child in me.children() if not _is_nobodys(child)]
        sockets = [(one.laddr, one.raddr) for one in me.net_connections("tcp") if one.status != psutil.CONN_CLOSE_WAIT]
        return cls(processes=frozenset(children), sockets=frozenset(sockets))

    def left_since(self) -> str:
        """What is there now and was not then; nothing: an empty string."""
        now = type(self).now()
        processes, sockets = now.processes - self.processes, now.sockets - self.sockets
        lines = [f"process {pid}: {' '.join(_command(pid))}" for pid in processes]
        lines += [f"socket {local} to {remote or 'nobody: it listens'}" for local, remote in sockets]
        return "\n".join(lines)


def assert_nothing_left_since(before: Belongings) -> None:
    """AssertionError that names what was left, after giving it a moment to go."""
    if not before.left_since():
        return
    # A client that was closed may hang in a cycle of references until the collector finds it.
    gc.collect()
    try:
        wait_until(lambda: not before.left_since(), timeout=SETTLE_SECONDS)
    except WaitTimeoutError:
        raise AssertionError(f"left behind:\n{before.left_since()}") from None


def _is_nobodys(child: psutil.Process) -> bool:
    """Whether it has ended, or is Python's own helper of multiprocessing, which stays until the interpreter ends."""
    try:
        return child.status() == psutil.STATUS_ZOMBIE or "multiprocessing.resource_tracker" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return True


def _command(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return ["(gone)"]
