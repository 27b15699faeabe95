"""The server's time, as documents hold it."""

from __future__ import annotations

from datetime import UTC, datetime


def server_time() -> datetime:
    """Now, to the millisecond; UTC without a zone, as the engine decodes dates."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
