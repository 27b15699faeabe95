"""The verdict of `make chaos`: a count that cannot find a loss proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.ledger import Ledger, Push, RowKey

ROW: RowKey = ("sale", "NT-Hà-Nội-01", "HĐ-2026-000001")
UNLIKE: RowKey = (*ROW[:2], "HD-2026-000001")


def pushed(*ids: str, row: RowKey = ROW, definition: int = 0) -> dict[RowKey, list[Push]]:
    return {row: [Push(key=row, task_id=one, definition=definition) for one in ids]}


def ledger_with_a_row() -> Ledger:
    ledger = Ledger()
    ledger.inserted(ROW)
    return ledger


def test_one_push_for_one_row_is_clean() -> None:
    verdict = ledger_with_a_row().verdict(pushed("a"))
    assert verdict.is_clean
    assert (verdict.rows, verdict.wanted, verdict.pushes) == (1, 1, 1)


@pytest.mark.parametrize(
    "pushed", [{}, {ROW: []}, {("import", *ROW[1:]): ["a"]}, {(*ROW[:2], "HD-2026-000001"): ["a"]}]
)
def test_a_row_without_a_push_is_lost(pushed: dict[RowKey, list[Push]]) -> None:
    assert ledger_with_a_row().verdict(pushed).lost == [ROW]


@pytest.mark.parametrize("ids", [["a", "b"], ["a", "a"]], ids=["two dispatches", "one dispatch twice"])
def test_a_second_push_is_one_too_many(ids: list[str]) -> None:
    assert ledger_with_a_row().verdict(pushed(*ids)).duplicates == [ROW]


def test_a_row_that_was_opened_again_asks_for_another_push() -> None:
    ledger = ledger_with_a_row()
    ledger.became_pending(ROW)
    assert ledger.verdict(pushed("a")).lost == [ROW]
    assert ledger.verdict(pushed("a", "a")).lost == [ROW], "the same dispatch twice is not two dispatches"
    assert ledger.verdict(pushed("a", "b")).is_clean
    assert ledger.verdict(pushed("a", "b", "c")).duplicates == [ROW]


def test_a_row_that_was_deleted_may_be_missing_but_not_be_there_twice() -> None:
    ledger = ledger_with_a_row()
    ledger.entries[ROW].is_deleted = True
    assert ledger.verdict({}).is_clean
    assert ledger.verdict(pushed("a", "b")).duplicates == [ROW]


def test_a_restore_allows_what_waited_in_the_copy_to_be_sent_once_more() -> None:
    ledger = ledger_with_a_row()
    ledger.put_back(ledger.copy())
    once, twice, thrice = (ledger.verdict(pushed(*ids)) for ids in (["a"], ["a", "b"], ["a", "b", "c"]))
    assert once.is_clean
    assert once.repeated == 0
    assert twice.is_clean
    assert twice.repeated == 1
    assert thrice.duplicates == [ROW]


def test_a_restore_allows_nothing_for_a_row_that_was_done_in_the_copy() -> None:
    ledger = ledger_with_a_row()
    ledger.entries[ROW].status = "SYNCED"
    ledger.put_back(ledger.copy())
    assert ledger.verdict(pushed("a", "b")).duplicates == [ROW]


def test_what_was_asked_for_after_the_copy_may_have_been_sent() -> None:
    ledger = ledger_with_a_row()
    ledger.entries[ROW].status = "SYNCED"
    backup = ledger.copy()
    ledger.became_pending(ROW)
    ledger.put_back(backup)
    assert ledger.verdict(pushed("a", "b")).repeated == 1
    assert ledger.verdict(pushed("a")).is_clean


def test_a_row_that_the_restored_database_does_not_know_is_nobodys_loss() -> None:
    ledger = ledger_with_a_row()
    ledger.put_back(Ledger())
    assert ledger.verdict({}).is_clean


def test_another_definition_wants_what_waits_once_more() -> None:
    ledger = ledger_with_a_row()
    ledger.redefined(1)
    assert ledger.verdict(pushed("a")).lost == [ROW], "under the old one alone"
    assert ledger.verdict(pushed("b", definition=1)).is_clean
    both = {ROW: [*pushed("a")[ROW], *pushed("b", definition=1)[ROW]]}
    assert ledger.verdict(both).is_clean
    assert ledger.verdict(both).repeated == 1
    assert ledger.verdict({ROW: [*both[ROW], *pushed("c", definition=1)[ROW]]}).duplicates == [ROW]


@pytest.mark.parametrize("change", [{"status": "SYNCED"}, {"is_deleted": True}], ids=["done", "deleted"])
def test_another_definition_wants_nothing_of_what_waits_no_more(change: dict[str, Any]) -> None:
    ledger = ledger_with_a_row()
    ledger.redefined(1)
    ledger.entries[ROW] = replace(ledger.entries[ROW], **change)
    assert ledger.verdict(pushed("a")).is_clean


def test_another_definition_allows_nothing_for_a_row_that_was_done_before() -> None:
    ledger = ledger_with_a_row()
    ledger.entries[ROW].status = "SYNCED"
    ledger.redefined(1)
    assert ledger.verdict(pushed("a")).is_clean
    assert ledger.verdict(pushed("a", "b")).duplicates == [ROW]


def test_tracking_that_was_switched_allows_what_waits_there_to_be_sent_once_more() -> None:
    ledger = ledger_with_a_row()
    ledger.retracked("sale")
    assert ledger.verdict(pushed("a")).is_clean, "it need not be"
    assert ledger.verdict(pushed("a", "b")).repeated == 1
    assert ledger.verdict(pushed("a", "b", "c")).duplicates == [ROW], "a baseline that began again after a kill"
    assert ledger.verdict({}).lost == [ROW]


@pytest.mark.parametrize(
    ("kind", "change"), [("import", {}), ("sale", {"status": "SYNCED"}), ("sale", {"is_deleted": True})]
)
def test_tracking_that_was_switched_allows_nothing_for_other_rows(kind: str, change: dict[str, Any]) -> None:
    ledger = ledger_with_a_row()
    ledger.entries[ROW] = replace(ledger.entries[ROW], **change)
    ledger.retracked(kind)
    assert ledger.waiting(kind) == 0
    assert ledger.verdict(pushed("a", "b")).duplicates == [ROW]
