"""Every guard is missed by the test that is named beside it in the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.bench import make_copy, run_tests
from tests.mutants.mutant import Cut, GuardMovedError, Mutant
from tests.mutants.plan import PLAN
from tests.support import rabbitmq_process

DRAIN = "relay/cycle/drain.py"
A_TEST = "tests/unit/histories/test_interleavings.py::test_what_the_queue_loses_during_the_drain_is_pushed_again"


@pytest.fixture(autouse=True)
def rabbitmq_is_installed() -> None:
    """Where a test that must fail would be skipped."""
    rabbitmq_process.program()


def test_with_all_guards_in_place_these_tests_pass(tmp_path: Path) -> None:
    verdict = run_tests(make_copy(tmp_path), sorted({each.red for each in PLAN}))
    assert verdict.code == 0, verdict.said


@pytest.mark.parametrize("missing", PLAN, ids=lambda missing: missing.name)
def test_without_its_guard_the_test_beside_it_fails(missing: Mutant, tmp_path: Path) -> None:
    verdict = run_tests(make_copy(tmp_path, missing.cuts), [missing.red])
    assert verdict.code == 1, verdict.said
    assert verdict.failed, f"it failed, but not by an assertion:\n{verdict.said}"


def test_no_guard_bears_two_names_and_no_name_two_guards() -> None:
    assert len({each.name for each in PLAN}) == len({each.cuts for each in PLAN}) == len(PLAN)


@pytest.mark.parametrize(("text", "times"), [("a = 1\n", 0), ("if b:\n    if b:\n", 2)])
def test_a_guard_that_has_moved_is_told(text: str, times: int, tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(text)
    with pytest.raises(GuardMovedError, match=rf"^file\.py holds {times} times, and not once: 'if b:'$"):
        Cut(file="file.py", guard="if b:", instead="if True:").apply(tmp_path)
    assert file.read_text() == text


def test_code_that_cannot_be_imported_is_not_taken_for_a_test_that_fails(tmp_path: Path) -> None:
    broken = Cut(file=DRAIN, guard="GAPS = 5", instead="GAPS = nothing")
    verdict = run_tests(make_copy(tmp_path, [broken]), [A_TEST])
    assert verdict.code != 0
    assert not verdict.failed
    assert "NameError: name 'nothing' is not defined" in verdict.said


def test_an_error_in_a_test_is_not_taken_for_an_assertion(tmp_path: Path) -> None:
    erring = Cut(file=DRAIN, guard="for _ in range(GAPS):", instead="for _ in nothing:")
    verdict = run_tests(make_copy(tmp_path, [erring]), [A_TEST])
    assert verdict.code == 1
    assert not verdict.failed
