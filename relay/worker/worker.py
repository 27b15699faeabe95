"""Celery's worker without what workers tell each other: relay's need to know nothing of one another.

Celery's mingle holds each start and each new connection up by a second, and by as long as the broker keeps it waiting;
its gossip says of every worker that ends that its heartbeat is missed.
"""

from __future__ import annotations

from typing import Any

from celery.apps.worker import Worker as CelerysWorker


class Worker(CelerysWorker):  # type: ignore[misc] # Celery has no types
    """What `celery worker` starts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "without_mingle": True, "without_gossip": True})
