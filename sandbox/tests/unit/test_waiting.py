"""Waiting gives what came, and says in time that nothing came."""

from __future__ import annotations

import itertools

import pytest

from sandbox.waiting import WaitTimeoutError, wait_until


def test_it_gives_the_first_thing_that_is_true() -> None:
    answers = iter([None, "", 0, "HĐ-1", "HĐ-2"])
    assert wait_until(lambda: next(answers)) == "HĐ-1"
    assert next(answers) == "HĐ-2", "it is not asked again"


def test_it_asks_at_least_once_however_short_the_time_is() -> None:
    assert wait_until(lambda: True, 0)


def test_it_asks_once_more_after_the_deadline() -> None:
    asked = itertools.count(1)
    assert wait_until(lambda: next(asked) == 2, 0.01, every=0.05)


def test_it_says_what_did_not_happen() -> None:
    with pytest.raises(WaitTimeoutError, match="no document came"):
        wait_until(lambda: False, 0, "no document came")
    with pytest.raises(WaitTimeoutError, match=r"not so within 0.01 s"):
        wait_until(lambda: None, 0.01)


def test_what_the_predicate_raises_goes_through_at_once() -> None:
    asked = itertools.count(1)

    def ask() -> bool:
        if next(asked) == 2:
            raise KeyError("gone")
        return False

    with pytest.raises(KeyError):
        wait_until(ask, 60)
