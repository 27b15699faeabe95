"""Dates and times on the wire (MS-TDS 2.2.5.5.1.8 and 2.2.5.5.1.9).

Python's times have microseconds, those of SQL Server 100 nanoseconds: the last digit is cut off on the way in.
"""

from __future__ import annotations

import datetime as dt
import struct

from sandbox.sqlserver.wire.streams import ProtocolError

_EPOCH_1900 = dt.datetime(1900, 1, 1)
_TICKS_PER_SECOND = 300
"""The unit of datetime's time."""
_FINEST_SCALE = 7
_DATE_SIZE = 3
_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)


def time_size(scale: int) -> int:
    """Bytes of a time with so many digits after the second."""
    if scale <= 2:
        return 3
    return 4 if scale <= 4 else 5


def encode_date(value: dt.date) -> bytes:
    """Days since 0001-01-01."""
    return (value.toordinal() - 1).to_bytes(_DATE_SIZE, "little")


def decode_date(data: bytes) -> dt.date:
    """The way back. Raises ProtocolError outside of the calendar."""
    try:
        return dt.date.fromordinal(int.from_bytes(data, "little") + 1)
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"a date outside of the calendar: {error}") from None


def encode_time(value: dt.time | dt.datetime, scale: int) -> bytes:
    """Units of 10**-scale seconds since midnight; finer digits are cut off."""
    microseconds = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    units = microseconds * 10 // int(10 ** (_FINEST_SCALE - scale))
    return units.to_bytes(time_size(scale), "little")


def decode_time(data: bytes, scale: int) -> dt.time:
    """The way back. Raises ProtocolError for a time after midnight."""
    units = int.from_bytes(data, "little") * 10 ** (_FINEST_SCALE - scale)
    since_midnight = dt.timedelta(microseconds=units // 10)
    if since_midnight >= _DAY:
        raise ProtocolError("a time of more than 24 hours")
    return (dt.datetime.min + since_midnight).time()


def encode_datetime2(value: dt.datetime, scale: int) -> bytes:
    """Time, then date; what time zone the value has does not matter."""
    return encode_time(value, scale) + encode_date(value)


def decode_datetime2(data: bytes, scale: int) -> dt.datetime:
    """The way back. Raises ProtocolError."""
    return dt.datetime.combine(decode_date(data[-_DATE_SIZE:]), decode_time(data[:-_DATE_SIZE], scale))


def encode_datetimeoffset(value: dt.datetime, scale: int) -> bytes:
    """UTC, then the offset in minutes. Raises ValueError for a value without a time zone."""
    offset = value.utcoffset()
    if offset is None:
        raise ValueError(f"a datetimeoffset needs a time zone: {value}")
    utc = value.replace(tzinfo=None) - offset
    return encode_datetime2(utc, scale) + struct.pack("<h", offset // dt.timedelta(minutes=1))


def decode_datetimeoffset(data: bytes, scale: int) -> dt.datetime:
    """The way back. Raises ProtocolError."""
    (minutes,) = struct.unpack("<h", data[-2:])
    utc = decode_datetime2(data[:-2], scale)
    offset = dt.timedelta(minutes=minutes)
    try:
        return (utc + offset).replace(tzinfo=dt.timezone(offset))
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"a datetimeoffset outside of the calendar: {error}") from None


def encode_datetime(value: dt.datetime) -> bytes:
    """Days since 1900-01-01 and 1/300 seconds since midnight, rounded."""
    days, since_midnight = _split(value)
    ticks = round(since_midnight / _MICROSECOND * _TICKS_PER_SECOND / 1_000_000)
    if ticks == _TICKS_PER_SECOND * 86400:
        days, ticks = days + 1, 0
    return struct.pack("<iI", days, ticks)


def decode_datetime(data: bytes) -> dt.datetime:
    """The way back, in whole milliseconds. Raises ProtocolError."""
    days, ticks = struct.unpack("<iI", data)
    return _join(days, dt.timedelta(milliseconds=round(ticks * 1000 / _TICKS_PER_SECOND)))


def encode_smalldatetime(value: dt.datetime) -> bytes:
    """Days since 1900-01-01 and minutes since midnight; seconds are rounded."""
    days, since_midnight = _split(value + dt.timedelta(seconds=30))
    return struct.pack("<HH", days, since_midnight // dt.timedelta(minutes=1))


def decode_smalldatetime(data: bytes) -> dt.datetime:
    """The way back. Raises ProtocolError."""
    days, minutes = struct.unpack("<HH", data)
    return _join(days, dt.timedelta(minutes=minutes))


def _split(value: dt.datetime) -> tuple[int, dt.timedelta]:
    return divmod(value - _EPOCH_1900, _DAY)


def _join(days: int, since_midnight: dt.timedelta) -> dt.datetime:
    try:
        return _EPOCH_1900 + dt.timedelta(days=days) + since_midnight
    except OverflowError as error:
        raise ProtocolError(f"a datetime outside of the calendar: {error}") from None
