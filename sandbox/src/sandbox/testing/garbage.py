"""Bytes that a port may be sent by problem or on purpose: genuine messages that were spoilt."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

thorough = settings(
    max_examples=int(os.environ.get("SANDBOX_GARBAGE", "60")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""SANDBOX_GARBAGE: how many examples a test tries."""

Spoil = Callable[[bytes], bytes]

_INTERESTING = [0, 1, 7, 8, 0x7F, 0x80, 0xFE, 0xFF]


def _overwritten(place: int, value: int) -> Spoil:
    return lambda data: data[: place % len(data)] + bytes([value]) + data[place % len(data) + 1 :] if data else data


def _cut(place: int) -> Spoil:
    return lambda data: data[: place % len(data)] if data else data


def _inserted(place: int, extra: bytes) -> Spoil:
    return lambda data: data[: place % (len(data) + 1)] + extra + data[place % (len(data) + 1) :]


def _lost(place: int, length: int) -> Spoil:
    return lambda data: data[: place % len(data)] + data[place % len(data) + length :] if data else data


_places = st.integers(0, 4000)
_spoils = st.one_of(
    st.builds(_overwritten, _places, st.sampled_from(_INTERESTING) | st.integers(0, 255)),
    st.builds(_overwritten, st.integers(0, 40), st.sampled_from(_INTERESTING)),
    st.builds(_cut, _places),
    st.builds(_inserted, _places, st.binary(min_size=1, max_size=20)),
    st.builds(_lost, _places, st.integers(1, 20)),
)


def spoilt(genuine: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the messages with one to four things wrong with it."""
    return st.builds(_all, st.sampled_from(genuine), st.lists(_spoils, min_size=1, max_size=4))


def _all(data: bytes, spoils: list[Spoil]) -> bytes:
    for spoil in spoils:
        data = spoil(data)
    return data
