"""A source: a tracked table, and where its pending rows go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from common.database.records import TrackedTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Source(TrackedTable):
    """A tracked table with the task and the queue of its pending rows."""

    task: str
    queue: str
    priority: int = 0
    """Of its messages in the queue, 0 to 9, as Celery's `priority`."""

    @property
    def definition(self) -> str:
        """A fingerprint of what decides which rows are taken: when it changes, a baseline is due.

        Task, queue and priority are left out: they say where a row goes, not whether.
        """
        # guard: watched-in-definition
        parts = [self.schema, self.table, self.args, self.status_column, self.pending_value, sorted(self.watched)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
