"""When tables were altered: a snapshot that is older than a table's definition cannot read it (error 3961)."""

from __future__ import annotations

import threading
from collections.abc import Mapping


class Alterations:
    """Of one database, since its file was opened: no snapshot is older than that. From any thread."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._last: dict[int, int] = {}
        self.now = 0
        """A number that grows with every transaction that has altered a table."""

    def note(self, schemas: Mapping[int, bool]) -> None:
        """A transaction has committed that held schema locks on these; those with True it has altered."""
        altered = [table_id for table_id, is_altered in schemas.items() if is_altered]
        if altered:
            with self._mutex:
                self._last.update(dict.fromkeys(altered, self.now + 1))
                self.now += 1

    def altered_since(self, table_id: int, moment: int) -> bool:
        """Whether the table was altered after that `now`."""
        return self._last.get(table_id, 0) > moment
