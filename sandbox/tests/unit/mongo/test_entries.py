"""Entries in chunks are a sorted list, whatever comes and goes, together or alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mongo import entries
from sandbox.mongo.entries import Entries, Entry

KEYS = st.tuples(st.integers(0, 60))
RUNS = st.builds(lambda start, length: {(key,) for key in range(start, start + length)}, *[st.integers(0, 30)] * 2)
BATCHES = st.lists(st.tuples(st.booleans(), st.sets(KEYS) | RUNS), max_size=12)


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "_CHUNK", 4)
        patch.setattr(entries, "_SPARSE", 2)
        yield


def filled(batches: list[tuple[bool, set[Entry]]]) -> tuple[Entries, list[Entry]]:
    """The same changes to Entries and to a set, sorted. True adds what is not there, False removes what is."""
    made, expected = Entries(), set[Entry]()
    for adds, keys in batches:
        if adds:
            made.add(keys - expected)
            expected |= keys
        else:
            made.remove(keys & expected)
            expected -= keys
    return made, sorted(expected)


@given(BATCHES)
def test_they_stay_sorted(batches: list[tuple[bool, set[Entry]]]) -> None:
    made, expected = filled(batches)
    assert list(made) == expected


@given(BATCHES, KEYS, KEYS)
def test_a_stretch_is_read_and_counted(batches: list[tuple[bool, set[Entry]]], low: Entry, high: Entry) -> None:
    made, expected = filled(batches)
    within = [entry for entry in expected if low <= entry <= high]
    assert list(made.between(low, high)) == within
    assert list(made.between(low, high, reverse=True)) == within[::-1]
    if low <= high:
        assert made.count(low, high) == len(within)
