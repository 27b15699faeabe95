"""What a mutant does to the statement, or the part of one, that a guard names.

They say as little as they can of what stands there, so that a rename breaks as few mutants as possible.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Protocol

from tests.mutants.places import NoSuchPlaceError, Place, expression, places


class Operation(Protocol):
    """One way to change what a guard names."""

    def on(self, place: Place) -> None:
        """Change it. Raises NoSuchPlaceError where there is nothing to change in this way."""


@dataclass(frozen=True, slots=True)
class When:
    """Another condition: that of `if` and `while`, or else of the first conditional expression or comprehension."""

    condition: str

    def on(self, place: Place) -> None:
        node = place.node
        if isinstance(node, ast.If | ast.While):
            node.test = expression(self.condition)
            return
        for found in (inner.node for inner in places(node, within=True)):
            if isinstance(found, ast.IfExp):
                found.test = expression(self.condition)
                return
            if isinstance(found, ast.comprehension) and found.ifs:
                found.ifs = [expression(self.condition)]
                return
        raise NoSuchPlaceError("there is no condition")


@dataclass(frozen=True, slots=True)
class Ignored:
    """The condition of an `if` is evaluated, and then taken for false."""

    def on(self, place: Place) -> None:
        if not isinstance(place.node, ast.If):
            raise NoSuchPlaceError("this is no `if`")
        place.node.test = ast.BoolOp(op=ast.And(), values=[place.node.test, ast.Constant(value=False)])


@dataclass(frozen=True, slots=True)
class Gone:
    """The statement, or the part of one, is not there."""

    def on(self, place: Place) -> None:
        place.remove()


@dataclass(frozen=True, slots=True)
class Gives:
    """Another value: what a statement returns or assigns, what a keyword passes on, what a dict has under its key."""

    value: str

    def on(self, place: Place) -> None:
        node = place.node
        if isinstance(node, ast.Return | ast.Assign | ast.AnnAssign | ast.keyword):
            node.value = expression(self.value)
        elif isinstance(place.parent, ast.Dict):
            place.put(expression(self.value))
        else:
            raise NoSuchPlaceError("this gives nothing")


@dataclass(frozen=True, slots=True)
class Argument:
    """Another value for a keyword of the call."""

    name: str
    value: str

    def on(self, place: Place) -> None:
        for found in (inner.node for inner in places(place.node, within=True)):
            if isinstance(found, ast.keyword) and found.arg == self.name:
                found.value = expression(self.value)
                return
        raise NoSuchPlaceError(f"nothing is called with {self.name}=")


@dataclass(frozen=True, slots=True)
class Without:
    """One is left out: a keyword, or the key of a dict, by its name; by its number, from 0, an operand of the outermost
    `and`, `or` or chain of comparisons, an element, or a field of an f-string."""

    which: str | int

    def on(self, place: Place) -> None:
        if isinstance(self.which, str):
            self._named(place.node, self.which)
        else:
            self._numbered(place.node, self.which)

    @staticmethod
    def _named(node: ast.AST, name: str) -> None:
        for place in places(node, within=True):
            found, key = place.node, place.key
            is_key = isinstance(key, ast.Constant) and key.value == name
            if is_key or (isinstance(found, ast.keyword) and found.arg == name):
                place.remove()
                return
        raise NoSuchPlaceError(f"there is no {name}")

    @staticmethod
    def _numbered(node: ast.AST, number: int) -> None:
        for found in (node, *(place.node for place in places(node, within=True))):
            if isinstance(found, ast.Compare) and len(found.ops) == number > 1:
                found.ops.pop()
                found.comparators.pop()
                return
            if listed := _listed(found):
                if not -len(listed) <= number < len(listed):
                    raise NoSuchPlaceError(f"there are only {len(listed)}")
                listed[number].remove()
                return
        raise NoSuchPlaceError("there is nothing of which one could be left out")


def _listed(node: ast.AST) -> list[Place]:
    """The operands, elements or fields of this node, where it is of a kind that has some."""
    match node:
        case ast.BoolOp(values=several) | ast.Dict(values=several):
            return [Place(parent=node, field="values", node=each) for each in several]
        case ast.List(elts=several) | ast.Tuple(elts=several) | ast.Set(elts=several):
            return [Place(parent=node, field="elts", node=each) for each in several]
        case ast.JoinedStr(values=several):
            fields = [each for each in several if isinstance(each, ast.FormattedValue)]
            return [Place(parent=node, field="values", node=each) for each in fields]
    return []


@dataclass(frozen=True, slots=True)
class Becomes:
    """Something else in its place."""

    text: str

    def on(self, place: Place) -> None:
        if isinstance(place.node, ast.stmt):
            place.put(*ast.parse(self.text).body)
        else:
            place.put(expression(self.text))


@dataclass(frozen=True, slots=True)
class Later:
    """The statement comes after so many of those that follow it in its block."""

    by: int

    def on(self, place: Place) -> None:
        block, at = place.siblings, place.index
        if not isinstance(place.node, ast.stmt) or at + self.by >= len(block):
            raise NoSuchPlaceError(f"no {self.by} statements follow it")
        block.insert(at + self.by, block.pop(at))


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The block of a `with` runs without it."""

    def on(self, place: Place) -> None:
        if not isinstance(place.node, ast.With):
            raise NoSuchPlaceError("this is no `with`")
        place.put(*place.node.body)
