"""Ticks that a worker has fetched and not begun are not put back into their queue when its connection ends.

kombu 5.7 would put them back through the connection that it has just lost, and end the worker with an AttributeError
(`Channel.close`, `QoS.restore_unacked`). A tick is not worth it: the next one does the same. What stays behind in
Redis comes back after Celery's visibility timeout, as one more tick, which does no harm.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, signals
from kombu.transport.redis import QoS


def leave_lost_ticks_alone(app: Celery) -> None:
    """From now on each of this app's workers outlives the loss of its connection."""

    @signals.worker_init.connect(weak=False)
    def leave(sender: Any, **_: Any) -> None:
        if sender.app is app:
            # guard: lost-ticks
            QoS.restore_at_shutdown = False
