"""The id of a dispatch: the same change always gets the same id."""

from __future__ import annotations

import json
import uuid
from typing import Any

from common.database.records import ChangedRow
from relay.sources import Source

NAMESPACE = uuid.UUID("5f0c5d5e-7d0b-5c1a-9d5f-3c1f6a0b7e21")
"""Fixed for all time: a change of it gives every change a new id."""


def dispatch_id(source: Source, life: str, row: ChangedRow, *, cycle_number: int) -> str:
    """Celery task id of a row's dispatch: uuid5 over database, source, life, version and typed key.

    A row whose version change tracking no longer knows takes the number of the cycle that read it: it can be
    repeated, but never lost.
    """
    stamp: list[Any] = ["b", cycle_number] if row.version is None else ["v", row.version]
    return _name([source.database, source.name, life, *stamp, *([type(part).__name__, str(part)] for part in row.key)])


def attempt_id(repeated: str, attempt: int) -> str:
    """Celery task id of a dispatch that is sent again by hand: the same attempt always gets the same id."""
    return _name(["attempt", attempt, repeated])


def _name(parts: list[Any]) -> str:
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=True, separators=(",", ":"))))
