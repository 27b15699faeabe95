"""Within an epoch, and under one definition, the same change always gets the same id; no two changes share one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common.database.records import ChangedRow
from relay.cycle.task_ids import dispatch_id
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.support.samples import a_dispatch

ROW = ChangedRow(version=42, key=("NT-01", "HD-0001"), args=("HD-0001", "NT-01"))
BASELINE_ROW = replace(ROW, version=None)


def _id(row: ChangedRow = ROW, *, source: Source = SALE, epoch: str = "life", number: int = 3, base: int = 1) -> str:
    window = a_dispatch(0, epoch=epoch, number=number, base=base).window
    return dispatch_id(source, window, row)


def _with_key(*key: Any) -> ChangedRow:
    return replace(ROW, key=key)


@pytest.mark.parametrize(
    ("row", "golden"),
    [
        (ROW, "9fea5830-d592-5d78-ba3f-8ad2c28441f6"),
        (BASELINE_ROW, "7067c24f-19f5-581d-a341-654f0da73896"),
        (_with_key(7, "Đức"), "3e599f9c-5fd8-536d-a275-fc09dabc605c"),
    ],
    ids=["change", "baseline", "mixed key"],
)
def test_ids_never_change_from_one_release_to_the_next(row: ChangedRow, golden: str) -> None:
    assert _id(row) == golden
    assert uuid.UUID(golden).version == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_id(), _id(replace(ROW, version=43))),
        (_id(), _id(epoch="another")),
        (_id(), _id(base=2)),
        (_id(), _id(source=IMPORT)),
        (_id(), _id(source=replace(SALE, database="another"))),
        (_id(), _id(_with_key("NT-01", "HD-0002"))),
        (_id(), _id(BASELINE_ROW)),
        (_id(replace(ROW, version=3)), _id(BASELINE_ROW, number=3)),
        (_id(BASELINE_ROW), _id(BASELINE_ROW, number=4)),
    ],
    ids=["version", "epoch", "base", "source", "database", "key", "baseline", "version and number", "two baselines"],
)
def test_what_differs_has_another_id(one: str, other: str) -> None:
    assert one != other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), ("1",)),
        ((1,), (Decimal(1),)),
        ((1,), (True,)),
        ((Decimal("1.0"),), (Decimal("1.00"),)),
        (("a", "b"), ("a,b",)),
        (('a","b',), ("a", "b")),
        (("ab", "c"), ("a", "bc")),
        (("a", ""), ("", "a")),
        (("None",), (None,)),
    ],
)
def test_no_two_keys_meet(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert _id(_with_key(*one)) != _id(_with_key(*other))


def test_the_args_and_the_cycle_decide_nothing() -> None:
    assert _id(replace(ROW, args=("other", "args")), number=9) == _id(ROW, number=3)


def test_neither_task_nor_queue_nor_table_decide_anything() -> None:
    assert _id(source=replace(SALE, task="other.task", queue="other_queue", table="Renamed")) == _id()
