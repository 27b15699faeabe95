"""MongoDB's two collections, as far as the cycle can see them."""

from __future__ import annotations

import copy
from dataclasses import replace

from common.database.records import (
    TaskStatus,
)
from tests.support.fakes.mongo_checkpoints import FakeCheckpoints
from tests.support.fakes.mongo_contents import Contents
from tests.support.fakes.mongo_journal import FakeJournal


class FakeMongo(FakeCheckpoints, FakeJournal):
    """Leases, checkpoints and journal in one: they share their contents, which can be lost or set back."""

    def forget(self) -> None:
        self.contents = Contents()

    def backup(self) -> Contents:
        return copy.deepcopy(self.contents)

    def restore(self, backup: Contents) -> None:
        """Go back in time; nobody holds a lease then."""
        self.contents = copy.deepcopy(backup)
        for held in self.contents.held.values():
            held.owner = None

    def report(self, task_id: str, status: TaskStatus) -> bool:
        """What a worker service writes."""
        dispatch = self.contents.logs.get(task_id)
        if dispatch is None:
            return False
        self.contents.logs[task_id] = replace(dispatch, status=status)
        return True
