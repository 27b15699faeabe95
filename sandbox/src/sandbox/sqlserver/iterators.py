"""Iterators that hold something: a statement in SQLite, an open result."""

from __future__ import annotations


def let_go(iterable: object) -> None:
    """End an iterator that may not have been read to its end; a generator's own clean-up runs here."""
    close = getattr(iterable, "close", None)
    if close is not None:
        close()
