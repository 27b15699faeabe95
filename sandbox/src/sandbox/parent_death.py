"""Runs a command that dies with the process that started it, even when that one is killed with -9.

    python parent_death.py PARENT_PID COMMAND [ARGUMENT ...]

Linux tells a process of its parent's death by a signal of its choice (PR_SET_PDEATHSIG, prctl(2)). The choice
outlives `exec`, so this small program makes it and then becomes the command. It is a program, not a `preexec_fn`,
because no Python may run between fork and exec in a process with threads.

Where there is no prctl (macOS) the command outlives its parent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL at the death of the process `parent`; exit if it is dead already."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is None:
        return
    if prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(f"the process {parent} that asked for {sys.argv[2]} is gone")


def main() -> None:
    """Become the command; exit code 127 when there is none of that name."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    die_with_parent(parent)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command comes from this package
    except FileNotFoundError:
        print(f"{command[0]}: no such program", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
