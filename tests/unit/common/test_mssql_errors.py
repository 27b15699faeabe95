"""SQL Server's errors, as pyodbc and SQLAlchemy hand them over."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from common.database.mssql.errors import REMEDIES, TRANSIENT, error_number, is_transient, remedy, sqlstate

DRIVER = "[Microsoft][ODBC Driver 18 for SQL Server]"


def _error(state: str, text: str, *, invalidated: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Exception(state, text), connection_invalidated=invalidated)


def _server_error(number: int, *, state: str = "42000") -> DBAPIError:
    return _error(state, f"[{state}] {DRIVER}[SQL Server]It went wrong. ({number}) (SQLExecDirectW)")


MISSING_TABLE = _error(
    "42S02", f"[42S02] {DRIVER}[SQL Server]Invalid object name 'dbo.relay_fence'. (208) (SQLExecDirectW)"
)
REFUSED = _error("28000", f"[28000] {DRIVER}[SQL Server]Login failed for user 'sa'. (18456) (SQLDriverConnect)")
CUT = _error("08S01", f"[08S01] {DRIVER}Communication link failure (0) (SQLExecDirectW)")
UNREACHABLE = _error(
    "08001", f"[08001] {DRIVER}TCP Provider: Error code 0x2749 (10057) (SQLDriverConnect); [08001] {DRIVER}Timeout (0)"
)
CANCELLED = _error("HY008", f"[HY008] {DRIVER}Operation canceled (0) (SQLFetch)")
TIMEOUT = _error("HYT00", f"[HYT00] {DRIVER}Query timeout expired (0) (SQLExecDirectW)")


@pytest.mark.parametrize(
    ("error", "state", "number"),
    [
        (MISSING_TABLE, "42S02", 208),
        (REFUSED, "28000", 18456),
        (CUT, "08S01", None),
        (TIMEOUT, "HYT00", None),
        (UNREACHABLE, "08001", None),
        (DBAPIError("SELECT 1", None, Exception()), "", None),
        (DBAPIError("SELECT 1", None, Exception(42)), "", None),
    ],
)
def test_state_and_number_are_read_from_the_message(error: DBAPIError, state: str, number: int | None) -> None:
    assert (sqlstate(error), error_number(error)) == (state, number)


@pytest.mark.parametrize("number", sorted(TRANSIENT - set(REMEDIES)))
def test_what_passes_by_itself_has_no_remedy(number: int) -> None:
    error = _server_error(number, state="40001")
    assert is_transient(error)
    assert remedy(error) is None


@pytest.mark.parametrize("error", [CUT, UNREACHABLE, TIMEOUT, CANCELLED], ids=sqlstate)
def test_a_lost_connection_or_a_cancelled_statement_passes(error: DBAPIError) -> None:
    assert is_transient(error)
    assert remedy(error) is None


def test_a_connection_that_sqlalchemy_gave_up_passes() -> None:
    assert is_transient(_error("HY000", "gone", invalidated=True))
    assert not is_transient(_error("HY000", "something else"))


def test_a_database_that_cannot_be_opened_may_come_back_or_want_a_person() -> None:
    error = _server_error(4060)
    assert is_transient(error)
    assert "MSSQL_DATABASE" in (remedy(error) or "")


@pytest.mark.parametrize("number", [207, 208, 1222, 3956, 4060, 22105, 22110])
def test_what_may_pass_has_a_remedy_for_when_it_does_not(number: int) -> None:
    error = _server_error(number)
    assert is_transient(error)
    assert remedy(error) == REMEDIES[number]


@pytest.mark.parametrize("number", [241, 245, 8114])
def test_a_value_that_cannot_be_converted_is_a_rows_and_not_the_tables(number: int) -> None:
    """Once a computed column that fails for a row was told as a table that was altered, which nobody found."""
    assert "a computed column fails for one of the rows" in (remedy(_server_error(number)) or "")


@pytest.mark.parametrize("number", sorted(set(REMEDIES) - TRANSIENT))
def test_what_a_person_must_fix_does_not_pass(number: int) -> None:
    error = _server_error(number)
    assert not is_transient(error)
    assert remedy(error) == REMEDIES[number]


def test_a_refused_login_does_not_pass_although_the_connection_is_gone() -> None:
    refused = _error("08001", str(REFUSED.orig and REFUSED.orig.args[1]), invalidated=True)
    assert not is_transient(refused)
    assert "MSSQL_PASSWORD" in (remedy(refused) or "")


def test_a_missing_right_is_named_with_what_it_is_missing_on() -> None:
    denied = _error(
        "42000",
        f"[42000] {DRIVER}[SQL Server]The UPDATE permission was denied on the object 'relay_fence',"
        " database 'relay', schema 'dbo'. (229) (SQLExecDirectW)",
    )
    column = _error(
        "42000",
        f"[42000] {DRIVER}[SQL Server]The SELECT permission was denied on the column 'status' of the object 'Goods in',"
        " database 'relay', schema 'stock'. (230) (SQLExecDirectW)",
    )
    assert remedy(denied) == "a right is missing: GRANT UPDATE ON dbo.relay_fence"
    assert remedy(column) == "a right is missing: GRANT SELECT ON stock.[Goods in]"


@pytest.mark.parametrize("numbers", [(4060, 18456), (18456, 4060)])
def test_a_database_that_cannot_be_opened_is_no_wrong_login(numbers: tuple[int, int]) -> None:
    first, second = numbers
    said = f"[28000] {DRIVER}[SQL Server]No. ({first}) (SQLDriverConnect); [28000] {DRIVER}[SQL Server]No. ({second})"
    error = _error("28000", said)
    assert error_number(error) == 4060
    assert "user in it" in (remedy(error) or "")


def test_an_error_that_nobody_foresaw_neither_passes_nor_has_a_remedy() -> None:
    error = _server_error(8134)
    assert not is_transient(error)
    assert remedy(error) is None


@pytest.mark.parametrize(
    ("attribute", "setting"),
    [("SERVER", "MSSQL_SERVER"), ("DATABASE", "MSSQL_DATABASE"), ("UID", "MSSQL_USER"), ("PWD", "MSSQL_PASSWORD")],
)
def test_a_setting_that_the_driver_does_not_take_is_no_outage(attribute: str, setting: str) -> None:
    said = f"Invalid value specified for connection string attribute '{attribute}'"
    error = _error("08001", f"[08001] {DRIVER}{said} (0) (SQLDriverConnect)")
    assert not is_transient(error)
    assert remedy(error) == f"the driver does not take {setting}: it is too long, or none"
