"""Charts of block characters."""

from __future__ import annotations

import pytest

from examples.pharmacy.demo.charts import columns, sparkline


def test_the_largest_value_is_a_full_block_and_nothing_is_blank() -> None:
    assert sparkline([0, 1, 2, 4, 8], width=5) == " ▁▂▄█"


def test_what_is_little_is_still_seen() -> None:
    assert sparkline([0.001, 1000], width=2) == "▁█"


def test_the_newest_stands_at_the_right() -> None:
    assert sparkline([8], width=4) == "   █"
    assert sparkline([1, 2, 8, 8], width=2) == "██"


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_nothing_is_blank(values: list[float]) -> None:
    assert sparkline(values, width=3) == "   "


def test_columns_are_filled_from_below() -> None:
    assert columns([4, 8, 16], width=3, height=2) == ["  █", "▄██"]


def test_two_charts_can_have_one_scale() -> None:
    assert columns([4], width=1, height=2, top=8) == [" ", "█"]
    assert columns([99], width=1, height=1, top=8) == ["█"]
