"""The folder in which a sandbox keeps its data: used by one sandbox at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.errors import ServiceError
from sandbox.files import write_whole
from sandbox.waiting import WaitTimeoutError, wait_until

LOCK_SECONDS = 5.0


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """The folder, made if need be, for nobody else; gives the lock's file descriptor.

    The services inherit that descriptor. So the lock is free only when the last of them is gone, and a restart right
    after a kill -9 does not meet a service of the time before that is still dying.

    Raises ServiceError when another sandbox uses the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _await_lock(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def given_or_temporary(folder: Path | None) -> Iterator[Path]:
    """The folder that was asked for; or one that is removed afterwards."""
    if folder is not None:
        yield folder.resolve()
        return
    with TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def kept_password(folder: Path) -> str:
    """The login's password: random, made at the folder's first use, and the same ever after."""
    file = folder / "password"
    if not file.exists():
        # SQL Server wants three of: upper case, lower case, digits, other characters.
        write_whole(file, f"Aa1-{secrets.token_urlsafe(18)}")
    return file.read_text(encoding="ascii")


def _await_lock(descriptor: int, folder: Path) -> None:
    try:
        wait_until(lambda: _try_lock(descriptor), LOCK_SECONDS)
    except WaitTimeoutError:
        raise ServiceError(
            f"another sandbox uses {folder}: stop that one, or choose another folder with --data"
        ) from None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
