"""What is looked for in a setting before it is taken for anything. Each gives it back, or raises ValueError."""

from __future__ import annotations

import json
import re
from typing import Any

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


def json_object(text: str) -> dict[str, Any]:
    """What a JSON object holds. Raises ValueError, which shows nothing of the text: passwords may stand in it."""
    value, problem = None, None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"must be a JSON object: {error.msg} (line {error.lineno} column {error.colno})"
    except (ValueError, RecursionError):
        # A number of thousands of digits, or brackets within brackets.
        problem = "must be a JSON object: it holds a number or a nesting that is out of range"
    if problem:
        # Raised outside of the handler: the error there holds the whole text, and would go along as the context.
        raise ValueError(problem)
    if not isinstance(value, dict):
        raise ValueError('must be a JSON object, as {"global_keyprefix": "shop:"}')
    return value
