"""The time of WAITFOR DELAY."""

from __future__ import annotations

import re

from sandbox.sqlserver.contract import SqlError

_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,3}))?)?")


def seconds_of(text: str) -> float:
    """Seconds of `hh:mm[:ss[.mmm]]`. Raises 148 for anything else."""
    found = _TIME.fullmatch(text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise SqlError(148, f"Incorrect time syntax in time string '{text}' used with WAITFOR.", severity=15)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    return hours * 3600 + minutes * 60 + seconds + float(f"0.{found[4] or 0}")
