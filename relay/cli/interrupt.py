"""Ctrl-C while SQL Server works on a statement: the statement is cancelled, and the command ends at once.

Python hears of a signal when its main thread is back from the driver, which may take as long as the statement. What
the C handler of a signal writes into a pipe is read by a thread at once (Python, `signal.set_wakeup_fd`).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress


def cancel_at_ctrl_c(cancel: Callable[[], None], is_reading: Callable[[], bool]) -> None:
    """From now on SIGINT has `cancel` called, on a thread of its own. To be called from the main thread.

    While `is_reading`, KeyboardInterrupt comes from what was cancelled: raised anywhere else it could free a statement
    that is being cancelled, of which the driver dies.
    """

    def interrupt(*_: object) -> None:
        if not is_reading():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(read, cancel), name="ctrl-c", daemon=True).start()


def _listen(pipe: int, cancel: Callable[[], None]) -> None:
    while number := os.read(pipe, 1):
        # guard: ctrl-c-cancels
        if number[0] == signal.SIGINT:
            # What cannot be cancelled has ended, or its connection has: the main thread finds out.
            with suppress(Exception):
                cancel()
