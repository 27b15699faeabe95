"""Versions of TDS: what a client asks for in LOGIN7, and what LOGINACK answers (MS-TDS 2.2.7.14)."""

from __future__ import annotations

import enum

from sandbox.sqlserver.contract import SqlError

_NAMES = {0x70: "7.0", 0x71: "7.1", 0x72: "7.2"}


class TdsVersion(enum.IntEnum):
    """The versions that are spoken. As far as it is used here, they are the same language."""

    V7_3A = 0x730A0003
    V7_3B = 0x730B0003
    V7_4 = 0x74000004
    """SQL Server's since 2012. Strict clients (TDS 8.0) are content with it too."""


def agreed_version(wanted: int) -> TdsVersion:
    """The client's version, or the latest one for a client that knows a later one.

    Raises SqlError 40000 for one that is too old: before 7.3 there were no types for date and time of day, and
    before 7.2 requests had no headers.
    """
    spoken = [version for version in TdsVersion if version <= wanted]
    if not spoken:
        raise SqlError(40000, f"sandbox does not support: TDS {_NAMES.get(wanted >> 24, f'{wanted:#010x}')}")
    return max(spoken)
