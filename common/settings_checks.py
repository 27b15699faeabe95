"""What is looked for in a setting before it is taken for anything. Each gives it back, or raises ValueError."""

from __future__ import annotations

import re

from common.escaping import is_unseen


def all_seen(value: object, *, besides: str = "") -> object:
    """What nobody sees was not meant: a line end of Windows that `docker --env-file` kept, a BOM that was pasted.

    `besides`: characters that do no harm.
    """
    unseen = [each for each in value if is_unseen(each) and each not in besides] if isinstance(value, str) else []
    # guard: nothing-unseen
    if unseen:
        raise ValueError(f"holds a character that nobody sees (U+{ord(unseen[0]):04X}): write it without")
    return value


def no_service_link(value: object) -> object:
    """Kubernetes sets {NAME}_PORT=tcp://10.0.0.11:6379 for each service of the namespace, unless the pod's
    enableServiceLinks is false (Kubernetes, "Accessing the Service")."""
    # guard: no-service-link
    if isinstance(value, str) and re.match(r"(tcp|udp|sctp)://", value):
        raise ValueError(
            "is an address, as Kubernetes sets it for a service called redis: write enableServiceLinks: false in the"
            " pod's spec, or set BROKER_URL in place of REDIS_HOST and REDIS_PORT"
        )
    return value
