"""The demonstration's verdict: it must find what is lost and what came twice, also when the sums agree."""

import json

from examples.pharmacy.demo.verdict import Handled, Sent, Verdict, reconcile
from examples.pharmacy.documents import SALE
from examples.pharmacy.names import local_id, shop_code
from examples.pharmacy.pharmacy import HandIn

SHOP = shop_code(2)


def handed_in(number: int, *, revision: int = 1, at: float = 100.0) -> HandIn:
    return HandIn(kind="sale", key=(SHOP, local_id(SALE, number, shop=SHOP)), revision=revision, committed_at=at)


def sent(task_id: str, number: int, *, at: float = 100.5) -> Sent:
    return Sent(task_id=task_id, kind="sale", key=(SHOP, local_id(SALE, number, shop=SHOP)), dispatched_at=at)


def handled(task_id: str, number: int, *, revision: int | None = 1) -> Handled:
    return Handled(task_id=task_id, kind="sale", key=(SHOP, local_id(SALE, number, shop=SHOP)), revision=revision)


def counts(verdict: Verdict) -> tuple[int, int]:
    return verdict.lost, verdict.duplicates


def test_all_is_well() -> None:
    verdict = reconcile([handed_in(1), handed_in(2)], [sent("a", 1), sent("b", 2)], [handled("b", 2), handled("a", 1)])

    assert verdict.clean
    assert (verdict.inserted, verdict.dispatched, verdict.processed) == (2, 2, 2)
    assert counts(verdict) == (0, 0)


def test_a_document_that_was_never_dispatched_is_lost() -> None:
    verdict = reconcile([handed_in(1), handed_in(2)], [sent("a", 1)], [handled("a", 1)])

    assert counts(verdict) == (1, 0)
    assert not verdict.clean
    assert verdict.examples == [f"lost: sale HĐ-2026-000002 of {SHOP}, revision 1"]


def test_a_document_that_was_dispatched_but_never_processed_is_lost() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1)], [])

    assert counts(verdict) == (1, 0)


def test_a_document_that_was_processed_without_an_entry_in_the_task_log_is_lost_to_the_log() -> None:
    verdict = reconcile([handed_in(1)], [], [handled("a", 1)])

    assert counts(verdict) == (1, 0)


def test_two_dispatches_of_one_hand_in_are_a_duplicate() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1), sent("b", 1)], [handled("a", 1), handled("b", 1)])

    assert counts(verdict) == (0, 1)
    assert not verdict.clean


def test_one_message_delivered_twice_is_a_duplicate() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1)], [handled("a", 1), handled("a", 1)])

    assert counts(verdict) == (0, 1)


def test_a_second_dispatch_that_is_still_in_the_queue_is_a_duplicate() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1), sent("b", 1)], [handled("a", 1)])

    assert counts(verdict) == (0, 1)


def test_a_message_for_a_document_that_is_gone_is_a_duplicate() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1), sent("b", 1)], [handled("a", 1), handled("b", 1, revision=None)])

    assert counts(verdict) == (0, 1)


def test_one_lost_and_one_twice_do_not_cancel_out() -> None:
    hand_ins = [handed_in(1, revision=1), handed_in(1, revision=2)]
    verdict = reconcile(hand_ins, [sent("a", 1), sent("b", 1)], [handled("a", 1), handled("b", 1)])

    assert counts(verdict) == (1, 1)


def test_a_document_that_is_handed_in_again_is_no_duplicate() -> None:
    hand_ins = [handed_in(1, revision=1), handed_in(1, revision=2)]
    verdict = reconcile(hand_ins, [sent("a", 1), sent("b", 1)], [handled("a", 1), handled("b", 1, revision=2)])

    assert verdict.clean


def test_nothing_at_all_proves_nothing() -> None:
    assert not reconcile([], [], []).clean


def test_latencies_run_from_commit_to_queue() -> None:
    numbers = range(1, 101)
    verdict = reconcile(
        [handed_in(number, at=100.0) for number in numbers],
        [sent(str(number), number, at=100.0 + number / 100) for number in numbers],
        [handled(str(number), number) for number in numbers],
    )

    assert (verdict.p50_ms, verdict.p99_ms) == (500.0, 990.0)


def test_the_json_has_the_promised_names_and_no_others() -> None:
    verdict = reconcile([handed_in(1)], [sent("a", 1)], [handled("a", 1)])

    assert json.loads(verdict.as_json()) == {
        "inserted": 1,
        "dispatched": 1,
        "processed": 1,
        "lost": 0,
        "duplicates": 0,
        "p50_ms": 500.0,
        "p99_ms": 500.0,
    }
