"""A Redis that refuses a worker's wait for ticks, or that one is acknowledged, does not end the worker.

For Celery an outage is what ends a connection; an error in place of an answer ends the worker, with a traceback. Redis
gives one when it has become a replica (UNBLOCKED, then READONLY: every failover), cannot write its file (MISCONF), has
too few replicas, has no memory left, or took a right away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty
from typing import Any

from celery import Celery, signals
from kombu.transport import virtual
from kombu.transport.redis import Channel, QoS
from redis.exceptions import ResponseError

from common.logging import get_logger
from relay.worker.incidents import Incidents
from relay.worker.reporting import log_once

PAUSE_SECONDS = 1.0
"""Between two waits that are refused."""
WAIT = "_brpop_read"
"""The method of kombu 5.7's Channel that reads what BRPOP gives."""
ACKNOWLEDGE = "ack"
"""The method of its QoS."""
Method = Callable[..., Any]


def outlive_refusals(app: Celery) -> None:
    """From now on each of this app's workers says that it is refused, and goes on."""

    @signals.worker_init.connect(weak=False)
    def outlive(sender: Any, **_: Any) -> None:
        if sender.app is app:
            setattr(Channel, WAIT, _waiting(getattr(Channel, WAIT)))
            setattr(QoS, ACKNOWLEDGE, _acknowledging(getattr(QoS, ACKNOWLEDGE)))


def _waiting(read: Method) -> Method:
    """The same reading; raises Empty, as where nothing came in time, where Redis refused."""
    incidents = Incidents()

    def wait(channel: Any) -> Any:
        taken, refusal = _answered(read, channel)
        with log_once(get_logger("relay"), incidents, "consume"):
            # guard: refused-wait
            if refusal is not None:
                # The next connection may be another master's.
                channel.client.connection.disconnect()
                time.sleep(PAUSE_SECONDS)
                raise refusal
        if not taken:
            raise Empty
        return taken

    return wait


def _acknowledging(ack: Method) -> Method:
    """The same; what cannot be acknowledged comes back after Celery's visibility timeout, as one tick more."""
    incidents = Incidents()

    def acknowledge(qos: Any, tag: str) -> None:
        _, refusal = _answered(ack, qos, tag)
        with log_once(get_logger("relay"), incidents, "acknowledge"):
            # guard: refused-acknowledgement
            if refusal is not None:
                # Or it would count as in hand, and with enough of those the worker takes none.
                virtual.QoS.ack(qos, tag)
                raise refusal

    return acknowledge


def _answered(method: Method, *arguments: Any) -> tuple[Any, ResponseError | None]:
    """What it gives, and what Redis says instead. Raises what ends a connection."""
    try:
        return method(*arguments), None
    except Empty:
        return None, None
    except ResponseError as error:
        return None, error
