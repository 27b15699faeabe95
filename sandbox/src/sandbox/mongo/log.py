"""The durable record log: what changed, one record after the other, in one file.

A record is `length, checksum, kind, namespace, 0, BSON`. It holds changed documents, not commands, so replaying needs
no engine. Records reach the operating system before a command is acknowledged: they survive the process being killed,
not a power cut, which is enough for a sandbox.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from sandbox.mongo.errors import Code, CommandError

_HEADER: Final = struct.Struct("<II")
_BUFFER_BYTES: Final = 1 << 20


class Kind(IntEnum):
    """What happened."""

    CREATE_COLLECTION = 1
    """No payload."""
    DROP_COLLECTION = 2
    """No payload."""
    PUT = 3
    """The whole new document."""
    DELETE = 4
    """`{"_id": ...}`."""
    CREATE_INDEX = 5
    """The index's definition."""
    DROP_INDEX = 6
    """`{"name": ...}`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One change. `payload` is BSON, or empty."""

    kind: Kind
    namespace: str
    payload: bytes = b""


class LogDamagedError(Exception):
    """The log cannot be read beyond a place that is not its end. Restore it, or delete it to begin empty."""


class ChangeLog(Protocol):
    """Where changes are noted."""

    def append(self, kind: Kind, namespace: str, payload: bytes = b"") -> None:
        """Note a change; it is safe after the next `flush`."""

    def append_all(self, kind: Kind, namespace: str, payloads: Iterable[bytes]) -> None:
        """Note changes of one kind."""

    def flush(self) -> None:
        """Hand everything noted to the operating system. Raises CommandError 14031 if it does not take it."""

    def close(self) -> None:
        """Flush and let go of the file."""


class NoLog:
    """For a server that keeps nothing."""

    def append(self, kind: Kind, namespace: str, payload: bytes = b"") -> None:
        """Forget it."""

    def append_all(self, kind: Kind, namespace: str, payloads: Iterable[bytes]) -> None:
        """Forget them."""

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class FileLog:
    """Appends to a file. After a failed write it refuses everything: memory and file may no longer agree."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("ab", buffering=_BUFFER_BYTES)
        self._failure: OSError | None = None

    def append(self, kind: Kind, namespace: str, payload: bytes = b"") -> None:
        """Note a change. Raises CommandError 14031 after a failed write."""
        self._try(self._file.write, _encode(kind, namespace, payload))

    def append_all(self, kind: Kind, namespace: str, payloads: Iterable[bytes]) -> None:
        """Note changes of one kind. Raises CommandError 14031 after a failed write."""
        self._try(self._file.write, b"".join([_encode(kind, namespace, payload) for payload in payloads]))

    def flush(self) -> None:
        """Hand everything to the operating system. Raises CommandError 14031 if it does not take it."""
        self._try(self._file.flush)

    def close(self) -> None:
        """Flush and close; what a failed file still holds is given up."""
        with suppress(OSError):
            self._file.close()

    def _try(self, write: Callable[..., object], *arguments: bytes) -> None:
        if self._failure is None:
            try:
                write(*arguments)
            except OSError as error:
                self._failure = error
            else:
                return
        raise CommandError(
            Code.OutOfDiskSpace,
            f"The log cannot be written ({self._failure}). Make room and restart the server.",
        )


def rewrite(path: Path, records: Iterable[Record]) -> None:
    """Put a new log in place of the old one: either the old or the new is there, whatever happens."""
    draft = path.with_suffix(".new")
    with draft.open("wb", buffering=_BUFFER_BYTES) as file:
        for record in records:
            file.write(_encode(record.kind, record.namespace, record.payload))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_records(path: Path) -> Iterator[Record]:
    """All whole records of a log; a torn one at the end is left out, as it was never acknowledged.

    Raises LogDamagedError for a record that does not match its checksum although others follow.
    """
    data = memoryview(path.read_bytes())
    position = 0
    while position + _HEADER.size <= len(data):
        length, checksum = _HEADER.unpack_from(data, position)
        start = position + _HEADER.size
        end = start + length
        if end > len(data):
            return
        body = data[start:end]
        if zlib.crc32(body) != checksum:
            if end == len(data):
                return
            raise LogDamagedError(
                f"{path.name}: the record at byte {position} is damaged. Delete the file to begin empty."
            )
        yield _decode(bytes(body))
        position = end


def _encode(kind: Kind, namespace: str, payload: bytes) -> bytes:
    head, checksum = _head(kind, namespace)
    return b"%b%b%b" % (_HEADER.pack(len(head) + len(payload), zlib.crc32(payload, checksum)), head, payload)


@lru_cache
def _head(kind: Kind, namespace: str) -> tuple[bytes, int]:
    """What stands before a record's payload, and the checksum so far: the same for all documents of a collection."""
    head = b"%c%b\0" % (kind, namespace.encode())
    return head, zlib.crc32(head)


def _decode(body: bytes) -> Record:
    end = body.index(0, 1)
    return Record(kind=Kind(body[0]), namespace=body[1:end].decode(), payload=body[end + 1 :])
