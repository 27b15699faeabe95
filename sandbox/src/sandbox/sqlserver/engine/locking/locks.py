"""Who works at a database's file now, and who waits for whose transaction to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from enum import Enum

from sandbox.sqlserver.engine.errors import cancelled, deadlock_victim, lock_timeout
from sandbox.sqlserver.engine.locking.hold import Hold, Patience

STATEMENT_SECONDS = 1.0
"""How much longer than LOCK_TIMEOUT one waits for another's running statement: it need not have what one wants."""


class Wish(Enum):
    """What somebody wants at the file."""

    LOOK = "look"
    """Copy what others have locked."""
    WRITE = "write"
    """Change rows: all may who can be set aside."""
    ALL = "all"
    """Change anything, with no other transaction open that has written."""


class Locks:
    """Of one database. The file is a statement's while it writes; locks are a transaction's until it ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work: Hold | None = None
        self._holds: list[Hold] = []
        self._claims: list[Hold] = []
        """Those who wait until no other transaction has written: no new one begins to meanwhile."""
        self._waiting: dict[Hold, Sequence[Hold]] = {}

    def others(self, hold: Hold | None) -> list[Hold]:
        """The other open transactions that have written."""
        return [other for other in list(self._holds) if other is not hold]

    @property
    def waiting(self) -> set[int]:
        """The sessions that wait for another one's transaction, by @@SPID."""
        with self._changed:
            return {hold.spid for hold in self._waiting}

    def enter(self, hold: Hold, wish: Wish, patience: Patience) -> None:
        """Take the file for a statement, unless it is one's own already. Raises 1205, 1222, or 3617 when cancelled."""
        deadline = _deadline(patience)
        with self._changed:
            if wish is Wish.ALL:
                self._claims.append(hold)
            try:
                while (rivals := self._rivals(hold, wish)) or self._at_work not in (None, hold):
                    if rivals:
                        self._wait(hold, rivals, deadline, patience)
                    else:
                        self._wait_for_file(deadline, patience)
            finally:
                if wish is Wish.ALL:
                    self._claims.remove(hold)
            self._at_work = hold
            if wish is not Wish.LOOK and hold not in self._holds:
                self._holds.append(hold)

    def leave(self, hold: Hold) -> None:
        """The statement is over; nothing if the file was not its own."""
        with self._changed:
            if self._at_work is hold:
                self._at_work = None
                self._changed.notify_all()

    def end(self, hold: Hold) -> None:
        """The transaction is over: its locks are free."""
        with self._changed:
            if hold in self._holds:
                self._holds.remove(hold)
            if self._at_work is hold:
                self._at_work = None
            self._changed.notify_all()

    def wait_for(self, hold: Hold, other: Hold, patience: Patience) -> None:
        """Wait until another transaction ends. Raises 1205, 1222, or 3617 when cancelled."""
        deadline = _deadline(patience)
        with self._changed:
            while other in self._holds:
                self._wait(hold, [other], deadline, patience)

    def wait_until_idle(self) -> None:
        """Wait until nobody writes any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._holds and self._at_work is None)

    def wake(self) -> None:
        """Make everyone who waits look whether they are cancelled."""
        with self._changed:
            self._changed.notify_all()

    def _rivals(self, hold: Hold, wish: Wish) -> list[Hold]:
        """The transactions that have to end first."""
        if wish is Wish.LOOK:
            return []
        rivals = [other for other in self.others(hold) if wish is Wish.ALL or other.is_exclusive]
        if hold not in self._holds:
            first = self._claims.index(hold) if wish is Wish.ALL else len(self._claims)
            rivals += self._claims[:first]
        return rivals

    def _wait_for_file(self, deadline: float | None, patience: Patience) -> None:
        if patience.is_cancelled():
            raise cancelled()
        remaining = None if deadline is None else deadline + STATEMENT_SECONDS - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise lock_timeout()
        self._changed.wait(remaining)

    def _wait(self, hold: Hold, rivals: Sequence[Hold], deadline: float | None, patience: Patience) -> None:
        if patience.is_cancelled():
            raise cancelled()
        if any(self._leads_to(rival, hold) for rival in rivals):
            raise deadlock_victim(hold.spid)
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise lock_timeout()
        if self._at_work is hold:
            self._at_work = None
            self._changed.notify_all()
        self._waiting[hold] = rivals
        try:
            self._changed.wait(remaining)
        finally:
            del self._waiting[hold]

    def _leads_to(self, start: Hold, goal: Hold) -> bool:
        """Whether `start` waits for `goal`, or for somebody who does."""
        known: set[Hold] = set()
        ahead = [start]
        while ahead:
            hold = ahead.pop()
            if hold is goal:
                return True
            if hold not in known:
                known.add(hold)
                ahead += self._waiting.get(hold, ())
        return False


def _deadline(patience: Patience) -> float | None:
    return None if patience.seconds is None else time.monotonic() + patience.seconds
