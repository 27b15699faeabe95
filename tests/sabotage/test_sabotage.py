"""Every guard is missed by the test that is named beside it in the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sabotage.bench import make_copy, run_tests
from tests.sabotage.plan import PLAN
from tests.sabotage.sabotage import GuardMovedError, Sabotage, sabotage

A_GUARD = ("relay/drain.py", "GAPS = 5", "GAPS = 0")
A_TEST = "tests/unit/test_meanwhile.py::test_what_the_queue_loses_during_the_drain_is_pushed_again"


def test_with_all_guards_in_place_these_tests_pass(tmp_path: Path) -> None:
    verdict = run_tests(make_copy(tmp_path), sorted({each.red for each in PLAN}))
    assert verdict.code == 0, verdict.said


@pytest.mark.parametrize("sabotage", PLAN, ids=lambda sabotage: sabotage.name)
def test_without_its_guard_the_test_beside_it_fails(sabotage: Sabotage, tmp_path: Path) -> None:
    verdict = run_tests(make_copy(tmp_path, sabotage.cuts), [sabotage.red])
    assert verdict.code == 1, verdict.said
    assert verdict.failed, f"it failed, but not by an assertion:\n{verdict.said}"


def test_no_guard_bears_two_names_and_no_name_two_guards() -> None:
    assert len({each.name for each in PLAN}) == len({each.cuts for each in PLAN}) == len(PLAN)


@pytest.mark.parametrize(
    ("guard", "times"), [("GAPS = 6", 0), ("QueueGapError", 2)], ids=["is not there", "is there twice"]
)
def test_a_guard_that_has_moved_is_told(guard: str, times: int, tmp_path: Path) -> None:
    moved = sabotage("", "", ("relay/drain.py", guard, ""), red="")
    with pytest.raises(GuardMovedError, match=f"holds {times} times, and not once: '{guard}'"):
        make_copy(tmp_path, moved.cuts)


def test_code_that_cannot_be_imported_is_not_taken_for_a_test_that_fails(tmp_path: Path) -> None:
    broken = sabotage("", "", ("relay/drain.py", "GAPS = 5", "GAPS = nothing"), red=A_TEST)
    verdict = run_tests(make_copy(tmp_path, broken.cuts), [broken.red])
    assert verdict.code != 0
    assert not verdict.failed
    assert "NameError: name 'nothing' is not defined" in verdict.said


def test_an_error_in_a_test_is_not_taken_for_an_assertion(tmp_path: Path) -> None:
    erring = sabotage("", "", ("relay/drain.py", "for _ in range(GAPS):", "for _ in nothing:"), red=A_TEST)
    verdict = run_tests(make_copy(tmp_path, erring.cuts), [erring.red])
    assert verdict.code == 1
    assert not verdict.failed
