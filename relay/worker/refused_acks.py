"""A Redis that refuses that a tick is acknowledged, as without the right to, holds no worker up.

For Celery an error in place of an answer is the end of the connection. The next one is refused the same, and what could
not be acknowledged counts as in hand: with enough of it a worker takes no tick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery, signals
from kombu.transport import virtual
from kombu.transport.redis import QoS
from redis.exceptions import ResponseError

from common.logging import get_logger
from relay.worker.incidents import Incidents
from relay.worker.reporting import log_once

ACKNOWLEDGE = "ack"
"""The method of kombu 5.7's QoS."""
Method = Callable[..., Any]


def outlive_refused_acks(app: Celery) -> None:
    """From now on each of this app's workers says that it is refused, and goes on."""

    @signals.worker_init.connect(weak=False)
    def outlive(sender: Any, **_: Any) -> None:
        if sender.app is app:
            setattr(QoS, ACKNOWLEDGE, acknowledging(getattr(QoS, ACKNOWLEDGE)))


def acknowledging(ack: Method) -> Method:
    """The same; what cannot be acknowledged comes back after Celery's visibility timeout, as one tick more."""
    incidents = Incidents()

    def acknowledge(qos: Any, tag: str) -> None:
        refusal = _refusal(ack, qos, tag)
        with log_once(get_logger("relay"), incidents, "acknowledge"):
            # guard: refused-acknowledgement
            if refusal is not None:
                # Or it would count as in hand.
                virtual.QoS.ack(qos, tag)
                raise refusal

    return acknowledge


def _refusal(method: Method, *arguments: Any) -> ResponseError | None:
    """What Redis says in place of doing it. Raises what ends a connection."""
    try:
        method(*arguments)
    except ResponseError as error:
        return error
    return None
