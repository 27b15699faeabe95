"""Projections: which fields of a document are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from bson import Int64

from sandbox.mongo.errors import Code, CommandError, type_mismatch, unsupported
from sandbox.mongo.paths import Path, parse_path
from sandbox.mongo.values import Document

Projection: TypeAlias = Callable[[Document], Document]

_Tree: TypeAlias = dict[str, Any]
"""Field name -> tree of what is below it; an empty tree stands for the whole field."""


def compile_projection(spec: Any) -> Projection | None:
    """What to show of a document; None when that is everything.

    Raises CommandError 31254 for inclusion and exclusion mixed, 115 for what only MongoDB can do.
    """
    if spec is None:
        return None
    if type(spec) is not dict:
        raise type_mismatch("Expected the projection to be an object")
    if not spec:
        return None
    wanted = {name: _is_included(name, value) for name, value in spec.items()}
    others = {included for name, included in wanted.items() if name != "_id"}
    if len(others) > 1:
        raise CommandError(Code.Location31254, "Cannot do inclusion and exclusion of fields in one projection")
    if others == {True} or (not others and wanted["_id"]):
        return _inclusion([name for name in wanted if wanted[name]], with_id=wanted.get("_id", True))
    return _exclusion([name for name in wanted if not wanted[name]])


def _is_included(name: str, value: Any) -> bool:
    if "$" in name:
        raise unsupported(f"the positional projection '{name}'")
    if type(value) not in (bool, int, Int64, float):
        raise unsupported(f"the computed projection of '{name}'")
    parse_path(name)
    return bool(value)


def _inclusion(names: Sequence[str], *, with_id: bool) -> Projection:
    fields = [*names, "_id"] if with_id else names
    tree = _tree_of([parse_path(name) for name in fields])
    return lambda document: _kept(document, tree)


def _exclusion(names: Sequence[str]) -> Projection:
    tree = _tree_of([parse_path(name) for name in names])
    return lambda document: _stripped(document, tree)


def _tree_of(paths: Sequence[Path]) -> _Tree:
    tree: _Tree = {}
    for path in sorted(set(paths)):
        node = tree
        for depth, part in enumerate(path):
            if part in node and (not node[part] or depth == len(path) - 1):
                raise CommandError(Code.Location31254, f"Path collision at {'.'.join(path)}")
            node = node.setdefault(part, {})
    return tree


def _kept(document: Document, tree: _Tree) -> Document:
    kept: Document = {}
    for name, value in document.items():
        below = tree.get(name)
        if below is None:
            continue
        if not below:
            kept[name] = value
        elif type(value) is dict:
            kept[name] = _kept(value, below)
        elif type(value) is list:
            kept[name] = [_kept(member, below) for member in value if type(member) is dict]
    return kept


def _stripped(document: Document, tree: _Tree) -> Document:
    left: Document = {}
    for name, value in document.items():
        below = tree.get(name)
        if below is None:
            left[name] = value
        elif below and type(value) is dict:
            left[name] = _stripped(value, below)
        elif below and type(value) is list:
            left[name] = [_stripped(member, below) if type(member) is dict else member for member in value]
        elif below:
            left[name] = value
    return left
