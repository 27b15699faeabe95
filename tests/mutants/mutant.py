"""What is taken out, and which test must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class GuardMovedError(Exception):
    """A guard's text does not stand exactly once in its file: the plan must be brought up to date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A text in a file, and what stands in its place afterwards."""

    file: str
    """From the project's root."""
    guard: str
    instead: str

    def apply(self, root: Path) -> None:
        """Make the cut in the copy under `root`. Raises GuardMovedError."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        found = text.count(self.guard)
        if found != 1:
            raise GuardMovedError(f"{self.file} holds {found} times, and not once: {self.guard!r}")
        path.write_text(text.replace(self.guard, self.instead), encoding="utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One guard, taken out with all that stands in for it."""

    name: str
    protects: str
    """What goes wrong without the guard."""
    cuts: tuple[Cut, ...]
    red: str
    """The test that must fail, as pytest names it."""


def mutant(name: str, protects: str, *cuts: tuple[str, str, str], red: str) -> Mutant:
    """A mutant in the short form of the plans; each cut is (file, guard, what stands in its place)."""
    made = tuple(Cut(file=file, guard=guard, instead=instead) for file, guard, instead in cuts)
    return Mutant(name=name, protects=protects, cuts=made, red=red)
