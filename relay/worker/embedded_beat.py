"""The beat inside a worker (`worker --beat`) ends with its worker, also when that is killed with -9.

Celery runs it as a separate process, which would otherwise go on ticking beside the next worker's.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

from billiard.process import current_process
from celery import Celery, signals

PR_SET_PDEATHSIG = 1
"""linux/prctl.h: the signal that this process gets when its parent dies."""


def end_with_its_worker(app: Celery) -> None:
    """From now on, a beat that is started inside one of this app's workers does not outlive it. Linux only."""

    @signals.beat_embedded_init.connect(weak=False)
    def bind(sender: Any, **_: Any) -> None:
        if sender.app is app and sys.platform == "linux":
            _end_with_parent()


def _end_with_parent() -> None:
    # Not getppid: where the worker has died already, that is the process which took the beat over.
    worker = current_process()._parent_pid
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != worker:
        raise SystemExit(0)
