"""What an error says in a log: what happened and where, and nothing of a row, a document or an address."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import amqp.exceptions
import bson.errors
import kombu.exceptions
import pymongo.errors
import pyodbc
import pytest
import redis.exceptions
from kombu.utils.json import dumps
from pymongo.errors import OperationFailure
from sqlalchemy.exc import DBAPIError

from common.config import Settings
from common.database.mongo import errors as mongo_errors
from common.database.mongo.causality import Causality
from common.database.mssql.errors import TRANSIENT, error_number, is_transient
from common.database.mssql_client import hide_values
from common.error_text import error_text, traceback_text, without_quotes_of

VALUE = "Nguyễn Thị Hoa"
DRIVER = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"


def _raised(code: str) -> BaseException:
    try:
        exec(code)
    except Exception as error:
        return error
    raise AssertionError(f"{code} raises nothing")


def _sql_server(number: int, text: str, state: str = "42000") -> pyodbc.Error:
    return pyodbc.DataError(state, f"[{state}] {DRIVER}{text} ({number}) (SQLExecDirectW)")


SQL_SERVER = [
    _sql_server(245, f"Conversion failed when converting the nvarchar value '{VALUE}' to data type int.", "22018"),
    _sql_server(2627, f"Violation of PRIMARY KEY constraint 'PK'. The duplicate key value is ({VALUE}, 1).", "23000"),
    _sql_server(2601, f"Cannot insert duplicate key row. Der doppelte Wert ist ({VALUE}).", "23000"),
    _sql_server(2628, f"String or binary data would be truncated. Truncated value: '{VALUE}'.", "22001"),
    _sql_server(50000, f"The trigger says {VALUE}"),
    _sql_server(51234, f"THROW says {VALUE}"),
]
ERRORS = [
    *SQL_SERVER,
    *(DBAPIError("SELECT ?", (VALUE,), error) for error in SQL_SERVER),
    pymongo.errors.BulkWriteError(
        {
            "writeErrors": [{"index": 0, "code": 121, "errmsg": VALUE, "errInfo": VALUE, "op": {"args": VALUE}}],
            "writeConcernErrors": [{"code": 64, "errmsg": VALUE}],
        }
    ),
    pymongo.errors.DuplicateKeyError(f"E11000 dup key: {VALUE}", 11000, {"keyValue": {"args": VALUE}, "errmsg": VALUE}),
    pymongo.errors.WriteError(VALUE, 17419, {"errmsg": VALUE}),
    bson.errors.InvalidDocument(f"cannot encode object: {VALUE}"),
    redis.exceptions.ResponseError(f"ERR unknown command 'X', with args beginning with: '{VALUE}' 'b'"),
    _raised(f"int({VALUE!r})"),
    _raised(f"{{}}[{VALUE!r}]"),
    _raised(f"{VALUE + chr(0xD800)!r}.encode()"),
    _raised(f"import json; json.loads('[' + {VALUE!r})"),
    _raised(f"from common.config import Settings; Settings.model_validate({{'REDIS_PORT': {VALUE!r}}})"),
    kombu.exceptions.EncodeError(VALUE),
    kombu.exceptions.DecodeError(VALUE),
    ValueError(f'it is "{VALUE}"'),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}")
def test_no_value_is_quoted(error: BaseException) -> None:
    told = error_text(error)
    assert VALUE not in told
    assert VALUE.split(maxsplit=1)[0] not in told
    assert told.startswith(type(error).__name__)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SQL_SERVER[0], "[SQL Server]its text may quote a row and is not shown (245)"),
        (_sql_server(208, "Invalid object name 'dbo.X'."), "Invalid object name 'dbo.X'. (208)"),
        (pyodbc.OperationalError("08001", "[08001] Login timeout expired (0)"), "Login timeout expired"),
        (ERRORS[2 * len(SQL_SERVER)], "1 writes refused with code 121, write concern not met, code 64"),
        (pymongo.errors.OperationFailure("x", 13, {"codeName": "Unauthorized"}), "code 13 Unauthorized"),
        (
            pymongo.errors.OperationFailure(f"Command find requires authentication: {VALUE}", 13, {}),
            "code 13 Command find requires authentication",
        ),
        (pymongo.errors.AutoReconnect("mongo.example:27017: connection closed"), "mongo.example:27017: connection"),
        (redis.exceptions.ConnectionError("Error 111 connecting to 'redis':1. Refused."), "connecting to 'redis':1."),
        (kombu.exceptions.OperationalError("[Errno 111] 'x'"), "[Errno 111] 'x'"),
        (amqp.exceptions.AccessRefused("user 'shop' refused"), "user 'shop' refused"),
        (FileNotFoundError(2, "No such file", "ca.pem"), "No such file: 'ca.pem'"),
        (_raised("'a\\ud800'.encode()"), "surrogates not allowed"),
        (_raised("int('x')"), "ValueError: invalid literal for int() with base 10: '...'"),
        (ConnectionError(), "ConnectionError"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_happened_is_told(error: BaseException, words: str) -> None:
    assert words in error_text(error)


def test_it_is_one_line_of_bounded_length() -> None:
    told = error_text(OSError("one\n two" + "x" * 1000))
    assert told.startswith("OSError: one twox")
    assert len(told) < 600


def test_a_traceback_shows_the_chain_in_clean_words() -> None:
    try:
        try:
            try:
                int(VALUE)
            except ValueError as error:
                raise KeyError(VALUE) from error
        except KeyError:
            raise OSError("away")  # noqa: B904 - the context is meant
    except OSError as error:
        told = traceback_text(error)
        message = without_quotes_of(error, f"it failed: {error!r}, {KeyError(VALUE)!r}")
    assert VALUE not in told + message
    assert told.index("ValueError: ") < told.index("direct cause") < told.index("During handling") < told.index("OSErr")
    assert "int(VALUE)" in told, "the line of the source"


def test_an_error_that_is_its_own_context_ends() -> None:
    one, other = ValueError("a"), ValueError("b")
    one.__context__, other.__context__ = other, one
    assert traceback_text(one).count("ValueError") == 2


QUOTING = [
    (245, "Conversion failed when converting the varchar value 'Nhà thuốc' to data type int."),
    (245, "Conversion failed when converting the varchar value '(99999)' to data type int."),
    (2627, "Violation of PRIMARY KEY constraint 'PK'. The duplicate key value is (1205)."),
    (208, "Invalid object name 'HoaDon (60000)'."),
    (131, "The size (100000) given to the type 'varchar' exceeds the maximum allowed for any data type (8000)."),
]
"""What SQL Server says with numbers of other errors in it, or of users' own."""


@pytest.mark.parametrize(("number", "said"), QUOTING)
def test_what_an_error_quotes_is_not_taken_for_its_number_nor_lost_with_it(number: int, said: str) -> None:
    """A status column that became text, 245: cleaned, it was no error that passes, but one of relay's own."""
    driver = _sql_server(number, said)
    driver.args = (driver.args[0], f"{driver.args[1]}; [01000] [Microsoft][SQL Server]It has been ended. (3621)")
    wrapped = DBAPIError("SELECT 1", None, driver)
    before = is_transient(wrapped)
    assert error_number(wrapped) == number
    hide_values(driver, wrapped)
    assert error_number(wrapped) == number
    assert is_transient(wrapped) is before is (number in TRANSIENT)


def test_json_that_kombu_cannot_make_is_told_without_it() -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        dumps([{VALUE: object()}])
    assert VALUE not in error_text(caught.value)
    with pytest.raises(InvalidOperation) as wrong:
        Decimal(VALUE)
    assert VALUE not in error_text(wrong.value)
    assert json.dumps(error_text(wrong.value))
    assert Settings.model_config["hide_input_in_errors"]


def test_a_server_that_asks_for_a_login_is_not_taken_for_one_that_denies_a_right() -> None:
    """Its words decide, the code is the same: they stay when documents are left out."""
    said = {"code": 13, "codeName": "Unauthorized", "errmsg": VALUE}
    with (
        pymongo.MongoClient[Any](connect=False) as client,
        pytest.raises(OperationFailure) as raised,
        Causality(client).session(),
    ):
        raise OperationFailure("Command find requires authentication", 13, said)
    assert VALUE not in f"{raised.value} {raised.value.details}"
    assert mongo_errors.remedy(raised.value) == mongo_errors.NO_USER
