"""The plan as a table for the documents."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.plan import PLAN

BEGIN, END = "<!-- mutants: python -m tests.mutants docs/guards.md -->", "<!-- end of mutants -->"


def markdown() -> str:
    """A row a mutant: the guards that it takes out, what goes wrong without them, the test that fails then."""
    rows = [f"| {_guards(each)} | {each.protects} | `{each.red}` |" for each in PLAN]
    return "\n".join(["| guard | without it | test that fails then |", "|---|---|---|", *rows])


def _guards(mutant: Mutant) -> str:
    """What to look for in the code, and the mutant's name where it says more."""
    names = [change.guard for change in mutant.changes]
    guards = ", ".join(f"`{name}`" for name in names)
    return guards if names == [mutant.name.replace(" ", "-")] else f"{guards}: {mutant.name}"


def with_table(document: str) -> str:
    """The document with the table between its two marks. Raises ValueError when it has none."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{markdown()}\n{END}{after}"
