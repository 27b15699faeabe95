"""Child processes that never outlive the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sandbox import parent_death

TAIL_LINES = 20
STOP_SECONDS = 8.0


class ChildError(Exception):
    """A process did not do what it should. The message holds the end of its log."""


class ChildDiedError(ChildError):
    """It ended, although it should have gone on, or ended with an error."""


class NotReadyError(ChildError):
    """It did not get ready in time."""

    def __init__(self, child: Child, seconds: float, problem: str = "is not ready") -> None:
        super().__init__(f"{child.name} {problem} after {seconds:.0f} s. The end of its log:\n{child.tail()}")


class Child:
    """A running process, its name and its log.

    It has a session of its own, so that a Ctrl-C at the terminal reaches only the sandbox, which then stops its
    children in the right order.
    """

    def __init__(self, *, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        keep_open: Collection[int] = (),
    ) -> Child:
        """Start `command` so that it dies with this process; what it prints goes to `log`, which is emptied first.

        `keep_open` are file descriptors that it inherits. Call this from a thread that lives as long as the child
        may: Linux takes the death of the thread that forked for the parent's.
        """
        dying = [sys.executable, "-I", "-S", parent_death.__file__, str(os.getpid()), *command]
        with log.open("wb") as output:
            process = subprocess.Popen(
                dying,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                pass_fds=tuple(keep_open),
                start_new_session=True,
            )
        return cls(name=name, process=process, log=log)

    @property
    def pid(self) -> int:
        """Its process id; the command's own, since `parent_death` becomes the command."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def check(self) -> None:
        """Raise ChildDiedError when it has ended."""
        if self.exit_code is not None:
            raise ChildDiedError(self.obituary())

    def obituary(self) -> str:
        """How it ended, and its last words."""
        code = self.exit_code
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exited with {code}"
        return f"{self.name} {how}. The end of its log:\n{self.tail()}"

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its log, indented."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        last = text.splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in last) or "    (empty)"

    def wait(self, seconds: float) -> int:
        """Its exit code; subprocess.TimeoutExpired when it still runs after `seconds`."""
        return self._process.wait(seconds)

    def terminate(self) -> None:
        """Ask it to stop (SIGTERM)."""
        self._process.terminate()

    def kill_group(self) -> None:
        """Kill it and whatever it has started and left behind, and reap it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def stop_all(children: Iterable[Child], *, seconds: float = STOP_SECONDS) -> None:
    """Ask all of them to stop, then kill what still runs after `seconds` altogether."""
    children = list(children)
    for child in children:
        child.terminate()
    deadline = time.monotonic() + seconds
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        child.kill_group()


def stop_at_signals() -> None:
    """From now on SIGTERM, like Ctrl-C, raises KeyboardInterrupt in the main thread, the first time.

    A second one does not disturb the tidying up; children die with this process in any case.
    """

    def interrupt(_number: int, _frame: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
