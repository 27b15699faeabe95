"""What SQL Server says: shown where it can quote no row, and read for its number either way."""

from __future__ import annotations

import pyodbc
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from common.database.mssql.errors import REMEDIES, TRANSIENT, error_number, is_transient, sqlstate
from common.database.mssql_client import hide_values
from common.sql_server_text import NAMES_ONLY, messages, without_values

VALUE = "Nguyễn Thị Hoa"
DRIVER = "[Microsoft][ODBC Driver 18 for SQL Server]"
SERVER = f"{DRIVER}[SQL Server]"
CONVERSION_FAILED = 245
"""Passes where a table was altered, and quotes the value."""


def _said(number: int, text: str, state: str = "42000") -> str:
    return f"[{state}] {SERVER}{text} ({number}) (SQLExecDirectW)"


def _hidden(text: str, state: str = "42000") -> DBAPIError:
    driver = pyodbc.Error(state, text)
    wrapped = IntegrityError("INSERT", (VALUE,), driver, hide_parameters=True)
    hide_values(driver, wrapped)
    return wrapped


@pytest.mark.parametrize("number", [220, 245, 2601, 2627, 2628, 6522, 8023, 13609, 14234, 50_000, 51_234, 99_999, 0])
@pytest.mark.parametrize("behind", ["", f"; [01000] {SERVER}The statement has been terminated. (3621)"])
def test_nothing_is_shown_that_nobody_knows_to_be_harmless(number: int, behind: str) -> None:
    state = "42000" if number else "01000"
    told = without_values(_said(number, f"The value is ({VALUE}).", state) + behind)
    assert told.startswith(f"[{state}] {SERVER}its text may quote a row")
    assert VALUE not in told
    assert without_values(told) == told


@pytest.mark.parametrize(
    "text",
    [
        _said(208, "Invalid object name 'dbo.X'.", "42S02"),
        _said(18456, "Login failed for user 'relay'.", "28000"),
        f"[08001] {DRIVER}TCP Provider: Error code 0x2749 (10057) (SQLDriverConnect); [08001] {DRIVER}Timeout (0)",
        "[08S01] [FreeTDS][SQL Server]Unable to connect to data source (0) (SQLDriverConnect)",
        "[01000] [unixODBC][Driver Manager]Can't open lib 'x' : file not found (0) (SQLDriverConnect)",
        "The driver did not supply an error!",
    ],
)
def test_names_and_the_drivers_own_words_are_shown(text: str) -> None:
    assert without_values(text) == text


@pytest.mark.parametrize(
    "value",
    [
        "(208)",
        "(208) (SQLExecDirectW)",
        f"x (208) (SQLExecDirectW); [42000] {DRIVER}{VALUE} (0)",
        f"x (208) (SQLExecDirectW); [42000] {SERVER}{VALUE}",
        f"x; [42000] {DRIVER}{VALUE} (0)",
        f"\n; [42000] {SERVER}{VALUE} (208)",
    ],
)
def test_a_value_that_looks_like_a_message_is_not_shown(value: str) -> None:
    told = without_values(_said(2627, f"The duplicate key value is ({VALUE}, {value})."))
    assert VALUE not in told


def test_a_number_within_a_text_is_not_its_number() -> None:
    assert error_number(_hidden(_said(208, "Invalid object name 'dbo.Sales (4060)'."))) == 208


def test_numbers_and_states_stay_where_they_are_looked_for() -> None:
    wrapped = _hidden(_said(2627, f"The duplicate key value is ({VALUE}).", "23000"), "23000")
    assert VALUE not in f"{wrapped} {wrapped!r} {wrapped.orig!r}"
    assert (sqlstate(wrapped), error_number(wrapped)) == ("23000", 2627)


def test_a_conversion_that_failed_still_passes_when_its_text_is_gone() -> None:
    """Once the number was not found any more: a column that was altered was a defect until the next restart."""
    failed = _said(
        CONVERSION_FAILED, f"Conversion failed when converting the nvarchar value '{VALUE}' to int.", "22018"
    )
    assert is_transient(_hidden(failed, "22018"))


@pytest.mark.parametrize("number", sorted((TRANSIENT | set(REMEDIES)) - {CONVERSION_FAILED}))
def test_what_relay_knows_the_remedy_of_is_shown(number: int) -> None:
    assert number in NAMES_ONLY


def test_messages_are_taken_apart_as_pyodbc_joins_them() -> None:
    first, second = messages(f"{_said(4060, 'No.')}; [28000] {SERVER}No. (18456)")
    assert (first.number, second.number) == (4060, 18456)
    assert messages("no number")[0].number is None
