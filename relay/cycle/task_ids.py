"""The id of a dispatch: within an epoch the same change always gets the same id."""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from common.database.records import ChangedRow, WindowHeader
from relay.sources.source import Source

NAMESPACE = uuid.UUID("5f0c5d5e-7d0b-5c1a-9d5f-3c1f6a0b7e21")
"""Fixed for all time: a change of it gives every change a new id."""


_HASH = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
"""What every uuid5 of the namespace begins with."""
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""RFC 9562, 4.1: of the 17th hexadecimal digit two bits are given."""


def dispatch_id(source: Source, window: WindowHeader, row: ChangedRow) -> str:
    """Celery task id of a row's dispatch: uuid5 over database, source, epoch, base, version and typed key.

    A row whose version change tracking no longer knows takes the number of the window that read it: it can be
    repeated, but never lost. The base changes with the definition, so that all that waits is dispatched once under the
    new one. It also changes when tracking restarted, since versions may then begin at 0 again.
    """
    # guard: id-holds-version
    stamp = f'"b",{window.number}' if row.version is None else f'"v",{row.version}'
    # guard: id-holds-key-types
    key = "".join([f',["{type(part).__name__}",{quoted(str(part))}]' for part in row.key])
    return _uuid5(f"{_beginning(source.database, source.name, window.epoch, window.base)}{stamp}{key}]")


def attempt_id(repeated: str, attempt: int) -> str:
    """Celery task id of a dispatch that is sent again by hand: the same attempt always gets the same id."""
    return _uuid5(f'["attempt",{attempt},{quoted(repeated)}]')


@lru_cache(maxsize=64)
def _beginning(database: str, source: str, epoch: str, base: int) -> str:
    """The name is a JSON array without blanks; this is what it has in common for a whole window."""
    # guard: id-holds-epoch-and-base
    return f"[{quoted(database)},{quoted(source)},{quoted(epoch)},{base},"


def _uuid5(name: str) -> str:
    """The same as `str(uuid.uuid5(NAMESPACE, name))`, which hashes the namespace again each time."""
    digest = _HASH.copy()
    digest.update(name.encode())
    digits = digest.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
