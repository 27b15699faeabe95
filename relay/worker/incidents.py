"""What is wrong is logged once, and now and then again; not at every tick, and not by every process of a worker."""

from __future__ import annotations

import mmap
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

REMIND_SECONDS = 300.0
"""A problem that lasts is logged again after this time."""
_SLOT = struct.Struct("=Idd")
_SLOTS = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """Something that is wrong, or was."""

    seconds: float
    """For how long."""
    is_new: bool
    """Whether it is logged for the first time."""


class Incidents:
    """Remembers what is wrong with what, in memory that a process shares with those forked from it.

    Without a lock: two processes that find out in the same microsecond may both log it. A worker that restarts logs it
    again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._memory = mmap.mmap(-1, _SLOT.size * _SLOTS)

    def begin(self, what: str, trouble: str) -> Incident | None:
        """`what` has this trouble. None: it was logged already."""
        at, now, kind = _place(what), self._clock(), _digest(trouble)
        known, since, logged = _SLOT.unpack_from(self._memory, at)
        is_new = known != kind
        if not is_new and now - logged < REMIND_SECONDS:
            return None
        since = now if is_new else since
        _SLOT.pack_into(self._memory, at, kind, since, now)
        return Incident(seconds=now - since, is_new=is_new)

    def end(self, what: str) -> Incident | None:
        """Nothing is wrong with `what` any more. None: nothing was."""
        at = _place(what)
        known, since, _ = _SLOT.unpack_from(self._memory, at)
        if not known:
            return None
        _SLOT.pack_into(self._memory, at, 0, 0.0, 0.0)
        return Incident(seconds=self._clock() - since, is_new=False)


def _digest(text: str) -> int:
    """Never 0, which stands for nothing."""
    return zlib.crc32(text.encode()) or 1


def _place(what: str) -> int:
    return _digest(what) % _SLOTS * _SLOT.size
