"""Open cursors: what a query found, handed out batch by batch."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from bson import Int64
from bson.raw_bson import RawBSONDocument

from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.values import Document, encode

FIRST_BATCH: Final = 101
"""Documents in a first batch whose size the client leaves open, as in MongoDB."""
_BATCH_BYTES: Final = 15 * 1024 * 1024
_IDLE_SECONDS: Final = 600
"""How long MongoDB keeps a cursor that nobody asks."""

Shown = Document | RawBSONDocument


class Cursor:
    """What is still to come. `pause` is called when other commands may run before the next batch."""

    def __init__(self, namespace: str, documents: Iterator[Shown], pause: Callable[[], None] | None = None) -> None:
        self.namespace = namespace
        self.used_at = time.monotonic()
        self._documents = documents
        self._pause = pause
        self._ahead: list[Shown] = []
        """At most one document: looked at to know whether there is more."""

    def take(self, size: int | None) -> list[RawBSONDocument]:
        """The next documents: at most `size`, and about 15 MiB. Encoded here already, to know how long they are."""
        self.used_at = time.monotonic()
        batch: list[RawBSONDocument] = []
        filled = 0
        while (size is None or len(batch) < size) and filled < _BATCH_BYTES and self._look_ahead():
            document = self._ahead.pop()
            raw = document if isinstance(document, RawBSONDocument) else RawBSONDocument(encode(document))
            filled += len(raw.raw)
            batch.append(raw)
        return batch

    def has_more(self) -> bool:
        """Whether another batch follows. Prepares for waiting if so."""
        if not self._look_ahead():
            return False
        if self._pause is not None:
            self._pause()
        return True

    def _look_ahead(self) -> bool:
        if not self._ahead:
            document = next(self._documents, None)
            if document is not None:
                self._ahead.append(document)
        return bool(self._ahead)


class Cursors:
    """The open cursors of a server, by id. Used by one thread at a time."""

    def __init__(self) -> None:
        self._open: dict[int, Cursor] = {}

    def begin(self, cursor: Cursor, *, size: int | None, single: bool = False) -> Document:
        """The first batch as the reply's `cursor`; keeps the cursor if there is more and not `single`."""
        batch = cursor.take(FIRST_BATCH if size is None else size)
        number = 0
        if not single and cursor.has_more():
            number = secrets.randbits(62) | 1
            self._open[number] = cursor
        return {"firstBatch": batch, "id": Int64(number), "ns": cursor.namespace}

    def go_on(self, number: int, namespace: str, *, size: int | None) -> Document:
        """The next batch as the reply's `cursor`. Raises CommandError 43, or 13 for another collection's cursor."""
        cursor = self._open.get(number)
        if cursor is None:
            raise CommandError(Code.CursorNotFound, f"cursor id {number} not found")
        if cursor.namespace != namespace:
            raise CommandError(
                Code.Unauthorized,
                f"Requested getMore on namespace '{namespace}', but the cursor belongs to '{cursor.namespace}'",
            )
        batch = cursor.take(size)
        if not cursor.has_more():
            del self._open[number]
            number = 0
        return {"nextBatch": batch, "id": Int64(number), "ns": namespace}

    def kill(self, number: Any) -> bool:
        """Close a cursor; False if there is none."""
        return self._open.pop(number, None) is not None

    def close_idle(self) -> None:
        """Close the cursors that nobody has asked for ten minutes."""
        limit = time.monotonic() - _IDLE_SECONDS
        for number in [number for number, cursor in self._open.items() if cursor.used_at < limit]:
            del self._open[number]
