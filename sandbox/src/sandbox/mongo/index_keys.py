"""From a document to its key in an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sandbox.mongo.ordering import OrderKey, order_key
from sandbox.mongo.paths import Path, plain_value
from sandbox.mongo.values import ARRAY, MISSING, Document

IndexKey: TypeAlias = tuple[OrderKey, ...]
"""One order key for each indexed field."""
KeyReader: TypeAlias = Callable[[Document], IndexKey | None]
"""The one key of a document; None where an array is met, for which there may be several."""


def compile_key(paths: Sequence[Path]) -> KeyReader:
    """How to read the key at these paths; what is not nested is read in a shorter way."""
    if all(len(path) == 1 for path in paths):
        return _top_level_key([name for (name,) in paths])
    return _nested_key(paths)


def _top_level_key(names: Sequence[str]) -> KeyReader:
    def read(document: Document) -> IndexKey | None:
        key = []
        for name in names:
            value = document.get(name, MISSING)
            if type(value) is list:
                return None
            key.append(order_key(value))
        return tuple(key)

    return read


def _nested_key(paths: Sequence[Path]) -> KeyReader:
    def read(document: Document) -> IndexKey | None:
        values = [plain_value(document, path) for path in paths]
        return None if ARRAY in values else tuple(map(order_key, values))

    return read
