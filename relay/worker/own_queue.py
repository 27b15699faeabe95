"""Relay's workers consume only relay's queue: a message that they took from a worker service's queue would be lost."""

from __future__ import annotations

from typing import Any

from celery import Celery, signals

from relay.exits import refuse_to_start
from relay.sources.reserved import OWN_QUEUE


def consume_own_queue_only(app: Celery) -> None:
    """From now on each of this app's workers ends at its start when it is given other queues (`-Q`, `-X`), and while
    it runs takes none from `celery control add_consumer`."""

    @signals.worker_init.connect(weak=False)
    def check(sender: Any, **_: Any) -> None:
        if sender.app is app:
            _check(app)
            # Not at the top: it imports all of Celery's worker.
            from celery.worker.control import Panel

            Panel.data["add_consumer"] = _refuse_consumer


def _check(app: Celery) -> None:
    consumed = set(app.amqp.queues.consume_from)
    # guard: own-queue-only
    if consumed != {OWN_QUEUE}:
        given = ", ".join(sorted(consumed)) or "no queue"
        refuse_to_start(
            f"this worker was told to consume {given}: relay's workers consume {OWN_QUEUE} and nothing else, and would"
            " eat the documents of a worker service; leave -Q and -X out"
        )


def _refuse_consumer(_state: Any, queue: str, **_: Any) -> dict[str, str]:
    return {"error": f"relay's workers consume {OWN_QUEUE} and nothing else, not {queue}"}
