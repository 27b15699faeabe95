"""The plan as a table for the documents."""

from __future__ import annotations

from tests.mutants.plan import PLAN

BEGIN, END = "<!-- mutant: python -m tests.mutants docs/guarantees.md -->", "<!-- end of mutant -->"


def markdown() -> str:
    """A row a guard: its name, what goes wrong without it, the test that fails then."""
    rows = [f"| {each.name} | {each.protects} | `{each.red}` |" for each in PLAN]
    return "\n".join(["| guard | without it | test that fails then |", "|---|---|---|", *rows])


def with_table(document: str) -> str:
    """The document with the table between its marks. Raises ValueError when it has none."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{markdown()}\n{END}{after}"
