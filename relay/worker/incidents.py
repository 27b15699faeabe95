"""What is wrong is logged once, and now and then again; not at every tick, and not by every process of a worker."""

from __future__ import annotations

import mmap
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

REMIND_SECONDS = 300.0
"""A problem that lasts is logged again after this time."""
SLOTS = 1024
"""Problems that are remembered at once; each takes 88 bytes."""
_RECORD = struct.Struct("=32s32sdd")
_CHECK = struct.Struct("=Q")
_SLOT = _RECORD.size + _CHECK.size


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """Something that is wrong, or was."""

    seconds: float
    """For how long."""
    is_new: bool
    """Whether it is logged for the first time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    what: bytes
    trouble: bytes
    since: float
    logged: float


class Incidents:
    """Remembers what is wrong with what, in memory that a process shares with those forked from it.

    Names and troubles are known by their SHA-256, so none is taken for another. Without a lock, which a process that is
    killed would keep: whatever two processes do to one slot at once, or one leaves half written, is no record, by its
    checksum. All that this, a full memory or a restart can lead to is a problem that is logged once more than needed,
    or whose end is not logged.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._memory = mmap.mmap(-1, _SLOT * SLOTS)

    def begin(self, what: str, trouble: str) -> Incident | None:
        """`what` has this trouble. None: it was logged already."""
        name, kind, now = _digest(what), _digest(trouble), self._clock()
        at, known = next(self._records(name), (None, None))
        if known is None or known.trouble != kind:
            self._write(self._free() if at is None else at, _Record(what=name, trouble=kind, since=now, logged=now))
            return Incident(seconds=0.0, is_new=True)
        if now - known.logged < REMIND_SECONDS:
            return None
        self._write(at, _Record(what=name, trouble=kind, since=known.since, logged=now))
        return Incident(seconds=now - known.since, is_new=False)

    def end(self, what: str) -> Incident | None:
        """Nothing is wrong with `what` any more. None: nothing was."""
        ended = None
        # All of them: two processes that found out at once may have taken a slot each.
        for at, record in self._records(_digest(what)):
            self._memory[at : at + _SLOT] = bytes(_SLOT)
            ended = Incident(seconds=self._clock() - record.since, is_new=False)
        return ended

    def _records(self, name: bytes) -> Iterator[tuple[int, _Record]]:
        """Those about this name, each with its place."""
        at = self._memory.find(name)
        while at >= 0:
            if at % _SLOT == 0 and (record := self._read(at)) is not None:
                yield at, record
            at = self._memory.find(name, at + 1)

    def _read(self, at: int) -> _Record | None:
        data = self._memory[at : at + _SLOT]
        # guard: torn-incident
        if data[_RECORD.size :] != _check(data[: _RECORD.size]):
            return None
        what, trouble, since, logged = _RECORD.unpack_from(data)
        return _Record(what=what, trouble=trouble, since=since, logged=logged)

    def _free(self) -> int | None:
        """A slot without a record. None: there is none."""
        return next((at for at in range(0, _SLOT * SLOTS, _SLOT) if self._read(at) is None), None)

    def _write(self, at: int | None, record: _Record) -> None:
        """Nothing is remembered without a slot: then it is logged again the next time."""
        if at is not None:
            data = _RECORD.pack(record.what, record.trouble, record.since, record.logged)
            self._memory[at : at + _SLOT] = data + _check(data)


def _digest(text: str) -> bytes:
    # guard: incident-of-its-own
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _check(data: bytes) -> bytes:
    """Of an empty slot it is not what the slot holds."""
    return _CHECK.pack(zlib.crc32(data) + 1)
