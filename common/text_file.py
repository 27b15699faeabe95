"""Files that people write, in whatever encoding their editor saved them."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What stands behind which BOM; UTF-32's come first, for they begin like UTF-16's (Unicode, "UTF-8, UTF-16, UTF-32 &
BOM"). Windows PowerShell's `>` writes UTF-16, Notepad whatever is chosen."""


class NotTextError(ValueError):
    """It cannot be read as text. The message says where, and what to do."""


def read_bytes(path: Path) -> bytes:
    """All of a file. Raises OSError, and NotTextError for what may never end: a pipe, or a device."""
    # To open a pipe that nobody writes to would take for ever.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:  # noqa: PTH123
        kind = os.fstat(number).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # guard: regular-files
        if not stat.S_ISREG(kind):
            raise NotTextError("it is a pipe or a device: write a file")
        return file.read()


def decoded(data: bytes, *, errors: str = "strict") -> str:
    """The text of a file with a BOM, or in UTF-8. `errors`: as bytes.decode takes it, for UTF-8 alone.

    Raises NotTextError.
    """
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    is_utf_8 = encoding.startswith("utf-8")
    try:
        text = data.decode(encoding, errors if is_utf_8 else "strict")
    except UnicodeDecodeError as error:
        if not is_utf_8:
            raise NotTextError(f"it is no whole {encoding.upper()}: save it as UTF-8") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise NotTextError(f"line {line}: it is not UTF-8 (saved as ANSI?): save it as UTF-8") from None
    if "\0" in text:
        raise NotTextError("it holds NUL characters, as UTF-16 without a BOM does: save it as UTF-8")
    return text
