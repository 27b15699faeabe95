"""What is measured runs in processes of their own, and one that fails says why."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.child import Call, run_child, side_by_side

ROUND: dict[str, Any] = {"rows": 100, "wall": 2.0, "cpu": 1.0, "peak_mb": 80.0}
FUNCTION = "summary:summary"


def test_a_function_is_run_elsewhere() -> None:
    assert run_child(FUNCTION, {}, figures=[ROUND])["rows_a_second"] == 50.0


def test_some_are_run_side_by_side_and_told_apart() -> None:
    calls = {
        str(rows): Call(function=FUNCTION, arguments={"figures": [{**ROUND, "rows": rows}]}) for rows in (100, 200)
    }
    with side_by_side(calls) as results:
        assert {name: one["rows_a_second"] for name, one in results().items()} == {"100": 50.0, "200": 100.0}


def test_one_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"summary:summary ended with 1:(.|\n)*KeyError: 'wall'"):
        run_child(FUNCTION, {}, figures=[{"rows": 1}])
