"""The documents name each guard, and the test that misses it."""

from __future__ import annotations

from tests.mutants.guards import PROJECT
from tests.mutants.plan import PLAN
from tests.mutants.table import BEGIN, END, with_table

DOCUMENT = "docs/guards.md"


def test_the_table_of_guards_is_that_of_the_plan() -> None:
    text = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
    assert with_table(text) == text, f"run: python -m tests.mutants {DOCUMENT}"


def test_every_guard_has_a_row() -> None:
    table = with_table(f"{BEGIN}{END}").splitlines()
    assert len(table) == len(PLAN) + 4
    assert all(line.count("|") == 4 for line in table[1:-1])
