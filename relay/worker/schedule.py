"""What beat sends, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery.schedules import crontab, maybe_schedule

from common.config import Settings
from relay.sources.reserved import OWN_QUEUE

SCAN = "relay.scan_and_dispatch"
RENEW_FENCES = "relay.renew_fences"
RECONCILE = "relay.reconcile"
TICKS = frozenset({SCAN, RENEW_FENCES})
"""Tasks that end within moments; what takes long is a task of its own."""

RECONCILE_SECONDS = 600
"""Between two looks for stuck rows."""
MINUTE = timedelta(minutes=1)
"""Between two times of a crontab like relay's."""
FENCE_SECONDS = 60
"""Longest time between two looks at the fences, however rare scans are: one of five minutes counts as given up."""


def schedule(settings: Settings) -> dict[str, Any]:
    """Celery's `beat_schedule`: a scan every full minute, or as often as RELAY_SCAN_INTERVAL says."""
    interval = settings.RELAY_SCAN_INTERVAL
    rarely = interval is not None and interval > FENCE_SECONDS
    return {
        "scan-for-new-data-every-minute": {
            "task": SCAN,
            "schedule": crontab() if interval is None else timedelta(seconds=interval),
            "options": {"queue": OWN_QUEUE},  # guard: no-expiring-tick
        },
        "look-for-stuck-rows": _every(RECONCILE_SECONDS, RECONCILE),
        **({"renew-fences": _every(FENCE_SECONDS, RENEW_FENCES)} if rarely else {}),
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"queue": OWN_QUEUE}}


def tick_seconds(entries: Mapping[str, Mapping[str, Any]]) -> float:
    """Longest time between two messages of a beat that lives and has this `beat_schedule`."""
    return min((_period(entry["schedule"]) for entry in entries.values()), default=MINUTE).total_seconds()


def _period(when: Any) -> timedelta:
    period: timedelta = getattr(maybe_schedule(when), "run_every", MINUTE)
    return period
