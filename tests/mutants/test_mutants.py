"""Every guard is missed by the test that is named beside it in the plan."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mutants.bench import Bench
from tests.mutants.guards import PROJECT, Guard, find_guards
from tests.mutants.mutant import Mutant, becomes, mutate
from tests.mutants.places import parse
from tests.mutants.plan import PLAN, PLANS
from tests.support import rabbitmq_process

SECONDS = 100
A_TEST = "tests/unit/histories/test_interleavings.py::test_what_the_queue_loses_during_the_drain_is_pushed_again"


@pytest.fixture(scope="session")
def guards() -> Mapping[str, Guard]:
    return find_guards()


@pytest.fixture
def rabbitmq_is_installed() -> None:
    """Where a test that must fail would be skipped."""
    rabbitmq_process.program()


@pytest.mark.usefixtures("rabbitmq_is_installed")
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_with_all_guards_in_place_these_tests_pass(plan: tuple[Mutant, ...], bench: Bench, tmp_path: Path) -> None:
    verdict = bench.run({}, sorted({each.red for each in plan}), folder=tmp_path, seconds=SECONDS)
    assert verdict.code == 0, verdict.output


@pytest.mark.usefixtures("rabbitmq_is_installed")
@pytest.mark.parametrize("missing", PLAN, ids=lambda missing: missing.name)
def test_without_its_guard_the_test_beside_it_fails(
    missing: Mutant, guards: Mapping[str, Guard], bench: Bench, tmp_path: Path
) -> None:
    files = mutate(missing.changes, guards)
    verdict = bench.run(files, [missing.red], folder=tmp_path, seconds=SECONDS)
    assert verdict.code == 1, f"{verdict.output}\n{_difference(files)}"
    assert verdict.failed, f"it failed, but not by an assertion:\n{verdict.output}\n{_difference(files)}"


def test_every_guard_has_a_mutant_and_every_mutant_its_guards(guards: Mapping[str, Guard]) -> None:
    planned = {change.guard for each in PLAN for change in each.changes}
    assert planned == set(guards)


def test_no_mutant_bears_two_names_and_no_name_two_mutants() -> None:
    assert len({each.name for each in PLAN}) == len({each.changes for each in PLAN}) == len(PLAN)


def test_code_that_cannot_be_imported_is_not_taken_for_a_test_that_fails(bench: Bench, tmp_path: Path) -> None:
    verdict = bench.run({"relay/cycle/drain.py": "nothing\n"}, [A_TEST], folder=tmp_path, seconds=SECONDS)
    assert verdict.code not in (None, 0, 1)
    assert not verdict.failed
    assert "NameError: name 'nothing' is not defined" in verdict.output


def test_an_error_in_a_test_is_not_taken_for_an_assertion(
    guards: Mapping[str, Guard], bench: Bench, tmp_path: Path
) -> None:
    files = mutate([becomes("lease-before-publish", "nothing")], guards)
    verdict = bench.run(files, [A_TEST], folder=tmp_path, seconds=SECONDS)
    assert verdict.code == 1
    assert not verdict.failed


def test_a_process_that_ends_without_a_word_is_not_taken_for_a_test_that_fails(
    guards: Mapping[str, Guard], bench: Bench, tmp_path: Path
) -> None:
    files = mutate([becomes("lease-before-publish", "import os; os._exit(1)")], guards)
    verdict = bench.run(files, [A_TEST], folder=tmp_path, seconds=SECONDS)
    assert verdict.code is None
    assert not verdict.failed


def test_a_mutant_that_is_never_loaded_says_nothing(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"^never loaded: relay/cli/adopt\.py\n"):
        bench.run({"relay/cli/adopt.py": ""}, [A_TEST], folder=tmp_path, seconds=SECONDS)


def _difference(files: Mapping[str, str]) -> str:
    """What the mutant changed, both without their comments."""
    lines: list[str] = []
    for file, text in files.items():
        before = (PROJECT / file).read_text(encoding="utf-8")
        if file.endswith(".py"):
            before = ast.unparse(parse(before))
        lines += difflib.unified_diff(before.splitlines(), text.splitlines(), file, file, lineterm="", n=1)
    return "\n".join(lines)
