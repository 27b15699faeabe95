"""Celery's worker without its mingle: relay's workers need to know nothing of one another when they start.

It would hold each start and each new connection up by a second, and by as long as the broker keeps it waiting. What is
left is gossip: of several workers the others say which one gives no sign any more.
"""

from __future__ import annotations

from typing import Any

from celery.apps.worker import Worker as CelerysWorker


class Worker(CelerysWorker):  # type: ignore[misc] # Celery has no types
    """What `celery worker` starts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "without_mingle": True})
