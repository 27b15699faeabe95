"""Where the nodes of a syntax tree stand, so that one can be found by its line, replaced and removed."""

from __future__ import annotations

import ast
import gc
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_BODIES = frozenset({"body", "orelse", "finalbody", "handlers"})
_PARTS = frozenset(
    {
        (ast.Call, "args"),
        (ast.Call, "keywords"),
        (ast.Dict, "values"),
        (ast.List, "elts"),
        (ast.Tuple, "elts"),
        (ast.Set, "elts"),
        (ast.BoolOp, "values"),
        (ast.JoinedStr, "values"),
        (ast.comprehension, "ifs"),
    }
)
"""What a guard inside a statement may name: an argument, an item, an operand, a field, a condition."""


class NoSuchPlaceError(Exception):
    """What an operation is to change is not there, or there more than once. One line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One node, and where it stands in its parent."""

    parent: ast.AST
    field: str
    """Which holds the node, or a list of which it is one."""
    node: ast.AST

    @property
    def is_part(self) -> bool:
        """Whether it is one of several things that its parent lists."""
        return (type(self.parent), self.field) in _PARTS

    @property
    def siblings(self) -> list[ast.AST]:
        """All that the field holds, in order. Raises NoSuchPlaceError where that is the node alone."""
        held = getattr(self.parent, self.field)
        if not isinstance(held, list):
            raise NoSuchPlaceError(f"a {type(self.node).__name__} stands alone here")
        return held

    @property
    def index(self) -> int:
        """Which of the siblings it is."""
        return next(at for at, each in enumerate(self.siblings) if each is self.node)

    def put(self, *nodes: ast.AST) -> None:
        """These in its place: one, or several where its field holds several."""
        if isinstance(getattr(self.parent, self.field), list):
            self.siblings[self.index : self.index + 1] = nodes
        else:
            (node,) = nodes
            setattr(self.parent, self.field, node)

    def remove(self) -> None:
        """Nothing in its place; `pass` in that of a statement."""
        if isinstance(self.node, ast.stmt):
            self.put(ast.Pass())
            return
        if not self.is_part:
            raise NoSuchPlaceError(f"a {type(self.node).__name__} cannot be left out here")
        if isinstance(self.parent, ast.Dict):
            del self.parent.keys[self.index]
        self.put()

    @property
    def key(self) -> ast.expr | None:
        """Of an item of a dict; None for `**`, and for all else."""
        return self.parent.keys[self.index] if isinstance(self.parent, ast.Dict) and self.field == "values" else None

    @property
    def first_line(self) -> int | None:
        """The line on which it begins, its decorators and key included; None for what has none."""
        begins = [self.node, *getattr(self.node, "decorator_list", ()), self.key]
        return min((each.lineno for each in begins if hasattr(each, "lineno")), default=None)


def parse(text: str) -> ast.Module:
    """The tree of a file. CPython 3.11.7 fails now and then when the garbage collector comes in between ("AST
    constructor recursion depth mismatch")."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_enabled:
            gc.enable()


def expression(text: str) -> ast.expr:
    """The tree of an expression."""
    return ast.parse(text, mode="eval").body


def places(node: ast.AST, *, within: bool = False) -> Iterator[Place]:
    """Everything below the node, the outer before the inner. `within`: without the statements of its blocks."""
    waiting = deque([node])
    while waiting:
        parent = waiting.popleft()
        for field, value in ast.iter_fields(parent):
            if within and field in _BODIES and isinstance(parent, ast.stmt):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield Place(parent=parent, field=field, node=child)
                    waiting.append(child)


def place_on(tree: ast.Module, line: int) -> Place:
    """The statement that begins on this line; where none does, the part of one. Raises NoSuchPlaceError."""
    here = [place for place in places(tree) if place.first_line == line]
    if statement := next((place for place in here if isinstance(place.node, ast.stmt)), None):
        return statement
    parts = [place for place in here if place.is_part]
    if not parts:
        raise NoSuchPlaceError("no statement begins here, nor a part of one")
    if len([place for place in parts if place.parent is parts[0].parent]) > 1:
        raise NoSuchPlaceError("several parts of a statement begin here: give each a line")
    return parts[0]
