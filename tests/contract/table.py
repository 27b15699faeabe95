"""The table in which the contract of change sources makes its changes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from common.database.records import Key

FIRST, SECOND, THIRD = ("NT-01", "HĐ-1"), ("NT-01", "HĐ-2"), ("NT-02", "HĐ-1")


class Statements(Protocol):
    """What one transaction writes."""

    def insert(self, key: Key, *, status: str = "PENDING_SYNC") -> None: ...

    def set_status(self, key: Key, status: str) -> None: ...

    def set_note(self, key: Key) -> None:
        """Write a column that nobody watches."""

    def delete(self, key: Key) -> None: ...


class Table(Protocol):
    """The sale table, as the pharmacies' programs write it."""

    def transaction(self) -> AbstractContextManager[Statements]: ...

    def truncate(self) -> None: ...

    def being_altered(self) -> AbstractContextManager[None]:
        """Somebody has altered it, and leaves the transaction open until the end of the block."""

    def being_written(self, key: Key) -> AbstractContextManager[None]:
        """Somebody has set the row's status to SYNCED, and leaves the transaction open; it is rolled back."""
