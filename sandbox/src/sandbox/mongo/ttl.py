"""Removing what has outlived its TTL index."""

from __future__ import annotations

import time
from itertools import islice
from math import inf
from typing import Final

from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.collection import Collection
from sandbox.mongo.indexes import Index
from sandbox.mongo.ordering import date_key

INTERVAL_SECONDS: Final = 1.0
"""Between two passes. MongoDB takes 60; nobody wants to wait for that in a sandbox."""
_PASS_LIMIT: Final = 5_000
"""Documents removed at most from a collection in one pass, so that other commands come in between."""


def remove_expired(catalogue: Catalogue) -> int:
    """Delete expired documents of every collection; returns how many. The rest waits for the next pass."""
    now = time.time() * 1000
    return sum(_remove_from(collection, now) for collection in catalogue.all())


def _remove_from(collection: Collection, now: float) -> int:
    removed = 0
    for index in list(collection.indexes.values()):
        if index.spec.expire_after_seconds is None:
            continue
        for record in _expired(index, now - index.spec.expire_after_seconds * 1000):
            match = collection.by_number(record)
            if match is not None:
                collection.remove(match)
                removed += 1
    return removed


def _expired(index: Index, limit: float) -> list[int]:
    """Only dates count: a document with anything else in the field never expires, as in MongoDB."""
    entries = index.entries.between((date_key(-inf),), (date_key(limit), inf))
    return [entry[-1] for entry in islice(entries, _PASS_LIMIT)]
