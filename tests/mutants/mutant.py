"""A mutant: guards that are taken out together, and the test that must notice."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.guards import PROJECT, Guard, GuardError
from tests.mutants.operations import (
    Argument,
    Becomes,
    Gives,
    Gone,
    Ignored,
    Later,
    Operation,
    Unlocked,
    When,
    Without,
)
from tests.mutants.places import NoSuchPlaceError, parse, place_on


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is done to one guard."""

    guard: str
    operation: Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """The code without one guard, and without all that stands in for it."""

    name: str
    protects: str
    """What goes wrong without the guard."""
    changes: tuple[Change, ...]
    red: str
    """The test that must fail, as pytest names it."""


def mutant(name: str, protects: str, *changes: Change, red: str) -> Mutant:
    """A mutant in the short form of the plans."""
    return Mutant(name=name, protects=protects, changes=changes, red=red)


def never(guard: str) -> Change:
    """Its condition is false."""
    return Change(guard=guard, operation=When("False"))


def always(guard: str) -> Change:
    """Its condition is true."""
    return Change(guard=guard, operation=When("True"))


def when(guard: str, condition: str) -> Change:
    """Its condition is this one."""
    return Change(guard=guard, operation=When(condition))


def ignored(guard: str) -> Change:
    """Its condition is evaluated, and then taken for false."""
    return Change(guard=guard, operation=Ignored())


def gone(guard: str) -> Change:
    """It is not there."""
    return Change(guard=guard, operation=Gone())


def gives(guard: str, value: str) -> Change:
    """It returns, assigns or passes on this value."""
    return Change(guard=guard, operation=Gives(value))


def argument(guard: str, name: str, value: str) -> Change:
    """Its call has this value for a keyword."""
    return Change(guard=guard, operation=Argument(name, value))


def without(guard: str, which: str | int) -> Change:
    """One operand, element, field, keyword or key of it is left out: see `operations.Without`."""
    return Change(guard=guard, operation=Without(which))


def becomes(guard: str, text: str) -> Change:
    """This stands in its place."""
    return Change(guard=guard, operation=Becomes(text))


def later(guard: str, by: int) -> Change:
    """It comes after so many of the statements that follow it."""
    return Change(guard=guard, operation=Later(by))


def unlocked(guard: str) -> Change:
    """The block of its `with` runs without it."""
    return Change(guard=guard, operation=Unlocked())


def mutate(changes: Iterable[Change], guards: Mapping[str, Guard], root: Path = PROJECT) -> Mapping[str, str]:
    """The files of the code under `root` that these change, by their paths, as they are then. Raises GuardError."""
    by_file: dict[str, list[tuple[Guard, Operation]]] = {}
    for change in changes:
        guard = guards.get(change.guard)
        if guard is None:
            raise GuardError(f"no guard in the code is named {change.guard}")
        by_file.setdefault(guard.file, []).append((guard, change.operation))
    return {file: _mutated(root / file, changed) for file, changed in by_file.items()}


def _mutated(path: Path, changes: Sequence[tuple[Guard, Operation]]) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".lua":
        return _lua(text, changes)
    tree = parse(text)
    try:
        # All are found before the first is changed: what is changed stands on no line.
        for place, operation in [(place_on(tree, guard.line), operation) for guard, operation in changes]:
            operation.on(place)
    except NoSuchPlaceError as error:
        names = ", ".join(f"{guard.file}:{guard.line} ({guard.name})" for guard, _ in changes)
        raise GuardError(f"{names}: {error}") from error
    return ast.unparse(tree) + "\n"


def _lua(text: str, changes: Sequence[tuple[Guard, Operation]]) -> str:
    """Of Lua nothing is known but its lines: one can become another."""
    lines = text.splitlines()
    for guard, operation in changes:
        match operation:
            case Becomes(line):
                lines[guard.line - 1] = line
            case Gone():
                lines[guard.line - 1] = ""
            case _:
                raise GuardError(f"{guard.file}:{guard.line}: {guard.name}: in Lua a line can become another, no more")
    return "\n".join(lines) + "\n"
