"""Keys as MongoDB stores them sort as the values do, byte by byte, and are as long as its source says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.key_string import key_string

NUMBERS = st.integers(min_value=0, max_value=2**53)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXTS, NUMBERS)))
def test_keys_are_ordered_as_the_values_are(rows: list[tuple[str, int]]) -> None:
    ordered = sorted(rows, key=lambda row: (row[0].encode(), row[1]))
    assert [key_string(row, 7) for row in ordered] == sorted(key_string(row, 7) for row in rows)


@given(st.lists(st.integers(min_value=1, max_value=2**40), min_size=1))
def test_entries_with_one_key_are_ordered_by_record(records: list[int]) -> None:
    assert [key_string(["x"], one) for one in sorted(records)] == sorted(key_string(["x"], one) for one in records)


@pytest.mark.parametrize(
    ("values", "record", "size"),
    [
        ([None], 1, 1 + 1 + 2),
        (["HD"], 1023, 4 + 1 + 2),
        (["HD"], 1024, 4 + 1 + 3),
        ([0, 127, 128], 1, 1 + 2 + 3 + 1 + 2),
        ([datetime(2026, 1, 1)], 1, 9 + 1 + 2),
        ([["a", None]], 1, 1 + 3 + 1 + 1 + 1 + 2),
        ([{"n": 1}], 1, 1 + (1 + 2 + 2) + 1 + 1 + 2),
    ],
)
def test_an_entry_is_as_long_as_mongodb_makes_it(values: list[object], record: int, size: int) -> None:
    assert len(key_string(values, record)) == size


def test_moments_are_ordered() -> None:
    moments = [datetime(2026, 1, 1) + timedelta(milliseconds=step) for step in (0, 1, 500, 86_400_000)]
    keys = [key_string([moment], 1) for moment in moments]
    assert keys == sorted(keys)


def test_what_no_index_of_the_log_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        key_string([1.5], 1)
