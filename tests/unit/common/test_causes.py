"""What an error came from, however libraries have wrapped it."""

from __future__ import annotations

from itertools import islice

import pytest
from pymongo.errors import AutoReconnect
from sqlalchemy.exc import DBAPIError
from tenacity import RetryError, Retrying, stop_after_attempt

from common.causes import causes


def _caused(cause: BaseException) -> Exception:
    try:
        raise ValueError("outer") from cause
    except ValueError as error:
        return error


def _within(context: BaseException, *, hidden: bool) -> Exception:
    try:
        try:
            raise context
        except BaseException:
            if hidden:
                raise ValueError("outer") from None
            raise ValueError("outer")  # noqa: B904 - that is what is tried
    except ValueError as error:
        return error


def _retried(error: Exception) -> Exception:
    def fail() -> None:
        raise error

    try:
        Retrying(stop=stop_after_attempt(1))(fail)
    except RetryError as raised:
        raised.__cause__ = None
        return raised
    raise AssertionError


INNER = KeyError("inner")


@pytest.mark.parametrize(
    "error",
    [
        INNER,
        _caused(INNER),
        _within(INNER, hidden=False),
        _within(INNER, hidden=True),
        _caused(_caused(_caused(INNER))),
        DBAPIError("SELECT 1", None, INNER),
        _retried(INNER),
        ExceptionGroup("several", [ValueError("another"), ExceptionGroup("more", [_caused(INNER)])]),
        AutoReconnect("away", errors=[INNER]),
        AutoReconnect("away", errors={"host": INNER}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_cause_is_found(error: BaseException) -> None:
    found = list(causes(error))
    assert found[0] is error
    assert found.count(INNER) == 1


def test_errors_that_name_one_another_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__, second.__context__ = second, first, second
    assert list(islice(causes(first), 100)) == [first, second]


def test_the_nearest_come_first_and_a_cause_before_what_was_handled() -> None:
    near, far, handled = ValueError("near"), ValueError("far"), ValueError("handled")
    near.__cause__ = far
    outer = _caused(near)
    outer.__context__ = handled
    assert list(causes(outer)) == [outer, near, handled, far]


def test_a_chain_of_ten_thousand_is_walked() -> None:
    error: BaseException = INNER
    for _ in range(10_000):
        error, inner = ValueError("wrapped"), error
        error.__cause__ = inner
    assert INNER in causes(error)


@pytest.mark.parametrize("members", [None, "text", 7, [1, "x"], {"a": None}])
def test_what_is_no_error_is_left_out(members: object) -> None:
    error = ValueError("odd")
    error.errors = error.orig = error.last_attempt = members  # type: ignore[attr-defined]
    assert list(causes(error)) == [error]
