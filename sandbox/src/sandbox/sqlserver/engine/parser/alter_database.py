"""ALTER DATABASE ... SET, as far as change tracking and snapshot isolation need it."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.cursor import Cursor
from sandbox.sqlserver.engine.parser.definition_statements import SetDatabaseOption, TrackDatabase
from sandbox.sqlserver.engine.parser.statements import Statement

_OPTIONS = ("ALLOW_SNAPSHOT_ISOLATION", "READ_COMMITTED_SNAPSHOT")
_UNITS = ("DAYS", "HOURS", "MINUTES")
_MINUTES = {"DAYS": 1440, "HOURS": 60, "MINUTES": 1}
_LONGEST = 2**31 - 1


def parse_alter_database(cursor: Cursor) -> Statement:
    """What follows ALTER DATABASE."""
    database = None if cursor.take("CURRENT") else cursor.identifier()
    if not cursor.take("SET"):
        raise unsupported(f"ALTER DATABASE ... {cursor.word()}")
    option = cursor.identifier().upper()
    if option == "CHANGE_TRACKING":
        return _tracking(cursor, database)
    if option not in _OPTIONS:
        raise unsupported(f"ALTER DATABASE ... SET {option}")
    on = cursor.take("ON")
    if not on:
        cursor.expect("OFF")
    _alone(cursor)
    if cursor.take("WITH") and not (cursor.take("ROLLBACK", "IMMEDIATE") or cursor.take("NO_WAIT")):
        raise unsupported(f"ALTER DATABASE ... WITH {cursor.word()}")
    return SetDatabaseOption(database=database, option=option, on=on)


def _tracking(cursor: Cursor, database: str | None) -> TrackDatabase:
    state: bool | None = None
    if cursor.take("="):
        state = cursor.take("ON")
        if not state:
            cursor.expect("OFF")
    retention: tuple[int, str] | None = None
    auto_cleanup: bool | None = None
    if state is not False and cursor.take("("):
        retention, auto_cleanup = _options(cursor)
    elif state is None:
        raise cursor.error()
    _alone(cursor)
    return TrackDatabase(database=database, state=state, retention=retention, auto_cleanup=auto_cleanup)


def _options(cursor: Cursor) -> tuple[tuple[int, str] | None, bool | None]:
    retention: tuple[int, str] | None = None
    auto_cleanup: bool | None = None
    while True:
        option = cursor.identifier().upper()
        cursor.expect("=")
        if option == "CHANGE_RETENTION":
            _once(option, retention)
            retention = _retention(cursor)
        elif option == "AUTO_CLEANUP":
            _once(option, auto_cleanup)
            auto_cleanup = cursor.take("ON")
            if not auto_cleanup:
                cursor.expect("OFF")
        else:
            raise cursor.error()
        if not cursor.take(","):
            break
    cursor.expect(")")
    return retention, auto_cleanup


def _retention(cursor: Cursor) -> tuple[int, str]:
    if cursor.take("-"):
        text = (
            "The value for change tracking option 'CHANGE_RETENTION' is not valid. The value must be a positive number."
        )
        raise SqlError(5081, text)
    amount = cursor.integer()
    unit = cursor.identifier().upper()
    if unit not in _UNITS:
        raise SqlError(155, f"'{unit}' is not a recognized CHANGE RETENTION UNIT option.", severity=15, state=2)
    if not 1 <= amount * _MINUTES[unit] <= _LONGEST:
        text = (
            "The value for change tracking option 'CHANGE_RETENTION' is not valid. "
            f"The value must be between 1 and {_LONGEST} minutes."
        )
        raise SqlError(5092, text, severity=15)
    return amount, unit


def _once(option: str, value: object) -> None:
    if value is not None:
        text = f"ALTER DATABASE change tracking option '{option}' was specified more than once. "
        raise SqlError(5091, text + "Each option can be specified only once.", severity=15)


def _alone(cursor: Cursor) -> None:
    if cursor.word() == ",":
        text = "Change tracking options for ALTER DATABASE cannot be combined with other ALTER DATABASE options."
        raise SqlError(22114, text)
