"""DATEADD, DATEDIFF and DATEPART on stored moments (ticks of 100 ns since 0001-01-01)."""

from __future__ import annotations

import calendar
import datetime as dt

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.values.storage import DAY, SECOND, load_moment, store_moment
from sandbox.sqlserver.engine.values.types import LIMITS

_SPELLINGS = {
    "year": "year yy yyyy",
    "quarter": "quarter qq q",
    "month": "month mm m",
    "week": "week wk ww",
    "day": "day dd d",
    "hour": "hour hh",
    "minute": "minute mi n",
    "second": "second ss s",
    "millisecond": "millisecond ms",
    "microsecond": "microsecond mcs",
}
PARTS = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings.split()}
"""Every spelling of a date part that the stand-in knows."""

_UNITS = {
    "week": 7 * DAY,
    "day": DAY,
    "hour": 3_600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "millisecond": SECOND // 1_000,
    "microsecond": SECOND // 1_000_000,
}
_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_PYTHONS = _UNITS["microsecond"]
"""Ticks that Python's moments can tell apart."""


def dateadd(part: str, count: int | None, stored: int | None) -> int | None:
    """DATEADD. Raises 517 when the result is no date."""
    if count is None or stored is None:
        return None
    try:
        if part in _UNITS:
            later = stored + count * _UNITS[part]
            load_moment(later)
            return later
        return store_moment(_add_months(load_moment(stored), count * _MONTHS[part])) + stored % _PYTHONS
    except (OverflowError, ValueError):
        text = "Adding a value to a 'datetime2' column caused an overflow."
        raise SqlError(517, text) from None


def _add_months(moment: dt.datetime, months: int) -> dt.datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def datediff(part: str, start: int | None, end: int | None) -> int | None:
    """DATEDIFF: how many boundaries of the part lie between the two."""
    if start is None or end is None:
        return None
    if part in _MONTHS:
        one, other = load_moment(start), load_moment(end)
        months = [(moment.year * 12 + moment.month - 1) // _MONTHS[part] for moment in (one, other)]
        return months[1] - months[0]
    if part == "week":
        # Weeks begin on Sunday, whatever DATEFIRST says; 0001-01-01 was a Monday.
        day = _UNITS["day"]
        return (end // day + 1) // 7 - (start // day + 1) // 7
    return end // _UNITS[part] - start // _UNITS[part]


def eomonth(stored: int | None, months: int | None) -> int | None:
    """EOMONTH: midnight of the month's last day, so many months on."""
    if stored is None:
        return None
    moment = _add_months(load_moment(stored).replace(day=1), months or 0)
    last = calendar.monthrange(moment.year, moment.month)[1]
    return store_moment(dt.datetime(moment.year, moment.month, last))


def datename(part: str, stored: int | None) -> str | None:
    """DATENAME in us_english."""
    if stored is None:
        return None
    if part == "month":
        return calendar.month_name[load_moment(stored).month]
    return str(datepart(part, stored))


def date_from_parts(year: int | None, month: int | None, day: int | None) -> int | None:
    """DATEFROMPARTS, as midnight. Raises 289."""
    if year is None or month is None or day is None:
        return None
    try:
        return store_moment(dt.datetime(year, month, day))
    except ValueError:
        text = "Cannot construct data type date, some of the arguments have values which are not valid."
        raise SqlError(289, text) from None


def datediff_fits(difference: int | None, type_name: str) -> int | None:
    """The difference, if it fits. Raises 535."""
    if difference is None:
        return None
    low, high = LIMITS[type_name]
    if low <= difference <= high:
        return difference
    text = (
        "The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is "
        "too large. Try to use datediff with a less precise datepart."
    )
    raise SqlError(535, text)


def datepart(part: str, stored: int | None) -> int | None:
    """DATEPART."""
    if stored is None:
        return None
    moment = load_moment(stored)
    if part == "quarter":
        return (moment.month + 2) // 3
    if part == "millisecond":
        return moment.microsecond // 1000
    if part not in ("year", "month", "day", "hour", "minute", "second", "microsecond"):
        raise unsupported(f"DATEPART({part})")
    return int(getattr(moment, part))
