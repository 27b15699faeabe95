"""Relay: hands every row that becomes pending to the Celery queue of the service that processes it.

    from common.config import load_settings
    from relay import Source, scan_once

    orders = Source(name="order", table="Orders", args=("order_id", "shop"), task="order.take", queue="order_queue")
    reports = scan_once(load_settings(), [orders])

For scripts and for the tests of others; relay itself runs as `celery -A relay.celery_app worker --beat`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from relay.sources.source import Source

if TYPE_CHECKING:
    from common.config import Settings
    from relay.cycle.outcomes import CycleReport

__all__ = ["Source", "scan_once"]


def scan_once(settings: Settings, sources: Sequence[Source]) -> Mapping[str, Sequence[CycleReport]]:
    """Scan these sources once, here and now, with these settings. Gives the cycles' reports by the source's name.

    Their tables must be tracked (`alembic upgrade head`, `relay enable`). Raises ConfigurationError for what a person
    must fix, SettingsError for a broker that relay cannot use, and the drivers' errors when a service is away.
    """
    # Celery, SQLAlchemy and the drivers take a second to import: only a scan needs them.
    from relay.operations.scan_once import scan_once as scan

    return scan(settings, sources)
