"""A machine's clock that somebody puts forward or back, for one program.

    python -m tests.chaos.clock FILE celery ...     FILE says by how many seconds, at any moment

Only what tells the time of day is put off: time.time and datetime.now, wherever they are called in the program and
what it forks. (Debian's libfaketime 0.9.10 would do it for the drivers as well, but Python's time.sleep ends in an
error under it.)
"""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import mmap
import runpy
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SECONDS = struct.Struct("d")


class Clock:
    """How far a program's clock is before (after: negative) the real time, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ahead = 0.0
        self.put(0.0)

    def put(self, ahead: float) -> None:
        """Put the clock to so many seconds before the real time."""
        self.ahead = ahead
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.write(_SECONDS.pack(ahead))


def follow(path: Path) -> None:
    """Have this process, and what it forks, tell the time that the file says."""
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)
    real_time, real_time_ns = time.time, time.time_ns

    def ahead() -> float:
        return float(_SECONDS.unpack_from(shared)[0])

    def now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
        return cls.fromtimestamp(time.time(), tz)

    def utcnow(cls: type[dt.datetime]) -> dt.datetime:
        return cls.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)

    time.time = lambda: real_time() + ahead()
    time.time_ns = lambda: real_time_ns() + int(ahead() * 1e9)
    _replace(dt.datetime, now=now, utcnow=utcnow)


def _replace(kind: type, **methods: Callable[..., Any]) -> None:
    """Replace class methods of a class that is written in C, for all who have imported it already."""
    [attributes] = gc.get_referents(kind.__dict__)
    attributes.update({name: classmethod(method) for name, method in methods.items()})
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def main() -> None:
    """See the module."""
    path, *sys.argv = sys.argv[1:]
    follow(Path(path))
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
