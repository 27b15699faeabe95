"""Standard input, output and error: an output that takes nothing more is no service that is away, and the next thing
that is opened does not take the place of one that is closed.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NAMES = ("stdin", "stdout", "stderr")


class OutputError(Exception):
    """Standard output takes nothing more: its disk is full, or nobody reads it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror}")
        self.is_unread = error.errno == errno.EPIPE
        """As with `| head -1`: nothing is wrong."""


def open_closed_streams() -> None:
    """Whatever of the three is closed reads and writes nothing from now on.

    Otherwise a connection to a service gets its number, and is sent what libraries print. Python has None for such a
    stream, which Celery and Alembic do not expect.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one.
            os.open(os.devnull, os.O_RDWR)
        # guard: closed-streams
        if getattr(sys, name) is None:
            stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def check_output() -> None:
    """From now on what cannot be written to standard output raises OutputError.

    A plain OSError would be taken for that of a connection.
    """
    stream = sys.stdout
    if type(stream) is not io.TextIOWrapper:
        # Somebody else's, as in a test.
        return
    raw = getattr(stream.buffer, "raw", stream.buffer)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(raw)),
        encoding=stream.encoding,
        # Letters that the terminal's encoding lacks are written as \u1edd: no command ends for one.
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Output(io.RawIOBase):
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    @override
    def write(self, data: ReadableBuffer, /) -> int | None:
        try:
            written: int | None = self._raw.write(data)
        except OSError as error:
            self._give_up()
            # guard: output-is-no-service
            raise OutputError(error) from None
        return written

    def _give_up(self) -> None:
        """Python writes what is left when it ends, and would complain (Python, "Note on SIGPIPE")."""
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._raw.fileno())

    @override
    def writable(self) -> bool:
        return True

    @override
    def fileno(self) -> int:
        return int(self._raw.fileno())

    @override
    def isatty(self) -> bool:
        return bool(self._raw.isatty())
