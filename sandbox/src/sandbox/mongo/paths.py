"""Dotted paths: reading, setting and removing what they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.values import ARRAY, MISSING, Document

Path: TypeAlias = tuple[str, ...]


def parse_path(path: str) -> Path:
    """The parts of a dotted path. Raises CommandError 56 for an empty part, as in `a..b`."""
    parts = tuple(path.split("."))
    if not all(parts):
        raise CommandError(
            Code.EmptyFieldName, f"The path '{path}' contains an empty field name, which is not allowed."
        )
    return parts


def plain_value(document: Document, path: Path) -> Any:
    """The one value at a path; MISSING if there is none, ARRAY if the path meets an array anywhere."""
    value: Any = document
    for part in path:
        if type(value) is not dict:
            return ARRAY if type(value) is list else MISSING
        value = value.get(part, MISSING)
    return ARRAY if type(value) is list else value


def values_at(value: Any, path: Path) -> list[Any]:
    """All values that a filter on this path looks at.

    As MongoDB does, an array on the way stands for each of the documents in it (and, where the part is a number, for
    that element). MISSING stands for a document without the field; a path that ends in an array of no documents has
    no values at all.
    """
    if not path:
        return [value]
    if type(value) is dict:
        return values_at(value[path[0]], path[1:]) if path[0] in value else [MISSING]
    if type(value) is not list:
        return [MISSING]
    found: list[Any] = []
    if path[0].isdigit() and int(path[0]) < len(value):
        found.extend(values_at(value[int(path[0])], path[1:]))
    for member in value:
        if type(member) is dict:
            found.extend(values_at(member, path))
    return found


def set_value(document: Document, path: Path, value: Any) -> None:
    """Set what is at a path, making the documents on the way. Raises CommandError 28 where that is impossible."""
    if len(path) == 1:
        document[path[0]] = value
        return
    holder: Any = document
    for depth, part in enumerate(path[:-1]):
        holder = _step_into(holder, part, path[depth + 1])
    if type(holder) is list:
        _set_element(holder, path[-1], value)
    else:
        holder[path[-1]] = value


def unset_value(document: Document, path: Path) -> None:
    """Remove what is at a path, if there is anything; an array's element becomes null, as in MongoDB."""
    holder: Any = document
    for part in path[:-1]:
        holder = _child(holder, part)
    if type(holder) is dict:
        holder.pop(path[-1], None)
    elif type(holder) is list and _is_index(path[-1], holder):
        holder[int(path[-1])] = None


def value_for_update(document: Document, path: Path) -> Any:
    """What an update operator finds at a path: numbers select an array's element. MISSING if there is nothing."""
    value: Any = document
    for part in path:
        value = _child(value, part)
    return value


def _child(holder: Any, part: str) -> Any:
    if type(holder) is dict:
        return holder.get(part, MISSING)
    if type(holder) is list and _is_index(part, holder):
        return holder[int(part)]
    return MISSING


def _is_index(part: str, array: Sequence[Any]) -> bool:
    return part.isdigit() and int(part) < len(array)


def _step_into(holder: Any, part: str, following: str) -> Any:
    child = _child(holder, part)
    if child is MISSING and type(holder) is dict:
        child = holder[part] = {}
    if type(child) not in (dict, list):
        raise CommandError(
            Code.PathNotViable, f"Cannot create field '{following}' in element '{part}', which is not a document"
        )
    return child


def _set_element(array: list[Any], part: str, value: Any) -> None:
    if not part.isdigit() or int(part) > len(array):
        raise CommandError(Code.PathNotViable, f"Cannot create field '{part}' in an array of {len(array)} elements")
    if int(part) == len(array):
        array.append(value)
    else:
        array[int(part)] = value
