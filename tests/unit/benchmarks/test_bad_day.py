"""A recovery that did not do what it had to is an error and no figure."""

from __future__ import annotations

from typing import Any, cast

import pytest

from benchmarks import bad_day
from benchmarks.world import World
from tests.unit.benchmarks.empty_world import EmptyWorld

ROWS = 5000
SAYS = {
    bad_day.NEVER_SENT: (ROWS, 1),
    bad_day.REPAIR: (ROWS, 0),
    bad_day.SENT: (0, 2),
    bad_day.AGAIN: (ROWS, 1),
}
"""Rows that were pushed, and baselines that were read."""


def bad_days(monkeypatch: pytest.MonkeyPatch, says: dict[str, tuple[int, int]], rounds: int = 1) -> dict[str, Any]:
    answers = iter([*says.values()] * rounds)

    def run_child(_function: str, _settings: object, **_arguments: object) -> dict[str, float]:
        rows, baselines = next(answers)
        return {"rows": rows, "wall": 2.0, "cpu": 1.0, "peak_mb": 90.0, "baselines": baselines, "lost_ticks": 1}

    monkeypatch.setattr(bad_day, "run_child", run_child)
    nothing = {
        name: bad_day.Recovery(happen=lambda _: None, pushes=one.pushes, is_baseline=one.is_baseline)
        for name, one in bad_day.RECOVERIES.items()
    }
    monkeypatch.setattr(bad_day, "RECOVERIES", nothing)
    return bad_day.bad_day(cast(World, EmptyWorld()), ROWS, rounds, lambda _line: None)


def test_rows_that_are_not_pushed_again_are_looked_at_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = bad_days(monkeypatch, SAYS, rounds=2)
    assert {name: figures["rows_a_second"] for name, figures in found.items()} == dict.fromkeys(SAYS, ROWS / 2)
    assert {figures["lost_ticks"] for figures in found.values()} == {2}


@pytest.mark.parametrize(
    ("name", "says", "error"),
    [
        (bad_day.NEVER_SENT, (ROWS - 1, 1), "4999 rows were pushed of 5000"),
        (bad_day.REPAIR, (ROWS, 1), "1 baselines were read"),
        (bad_day.SENT, (0, 0), "0 baselines were read"),
        (bad_day.SENT, (1, 1), "1 rows were pushed of 0"),
        (bad_day.AGAIN, (2 * ROWS, 1), "10000 rows were pushed of 5000"),
    ],
)
def test_one_that_falls_short_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, says: tuple[int, int], error: str
) -> None:
    with pytest.raises(RuntimeError, match=f"{name}: {error}"):
        bad_days(monkeypatch, {**SAYS, name: says})
