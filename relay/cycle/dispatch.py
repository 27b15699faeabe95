"""From a row to a dispatch: what will be sent, or why it cannot be."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import Any

from common.database.records import ChangedRow, Dispatch, Logged, TaskStatus, Window
from relay.cycle.task_ids import attempt_id, dispatch_id
from relay.sources.source import Source

RenderArgs = Callable[[tuple[Any, ...]], str]
"""Serialises a task's arguments. Raises TypeError or ValueError for what cannot be sent."""

LONGEST_BUSINESS_ID = 500
"""Characters. A name is looked for and indexed; what is longer is somebody's text in the wrong column."""
LONGEST_ARGUMENTS = 1_000_000
"""Characters of JSON. A message names the row; MongoDB keeps at most 16 MiB in a document."""


def prepare_row(
    source: Source, window: Window, row: ChangedRow, seq: int, render: RenderArgs, *, repeats: Logged | None = None
) -> Dispatch:
    """The dispatch of a row; REJECTED, with the reason, when it cannot be sent.

    `repeats`: the one that is sent again, under an id of its own.
    """
    text, error, key = _plainly(row, render) or (*_arguments(source, row, render), logged_key(row))
    attempt = repeats.attempt + 1 if repeats else 1
    own_id = dispatch_id(source, window, row)
    return Dispatch(
        id=attempt_id(repeats.id, attempt) if repeats else own_id,
        window=window,
        args=text,
        seq=None if error else seq,
        business_id=business_id(row),
        key=key,
        change_version=row.version,
        status=TaskStatus.REJECTED if error else TaskStatus.PREPARED,
        error=error,
        attempt=attempt,
        repeats=repeats.id if repeats else None,
    )


def business_id(row: ChangedRow) -> str | None:
    """What the row is called in the task log: its first argument, as a text, cut off where it is too long."""
    first = row.args[0]
    if type(first) is str and first.isascii():
        return first[:LONGEST_BUSINESS_ID]
    return None if row.args[0] is None else _encodable(str(row.args[0]))[:LONGEST_BUSINESS_ID]


def logged_key(row: ChangedRow) -> tuple[Any, ...]:
    """The row's key as the task log holds it."""
    return tuple(_storable(part) for part in row.key)


def _plainly(row: ChangedRow, render: RenderArgs) -> tuple[str, None, tuple[Any, ...]] | None:
    """What `_arguments` and `logged_key` give for a row in which there is nothing to look for: most rows, quickly."""
    for value in (*row.args, *row.key):
        if not (type(value) is int or (type(value) is str and value.isascii() and len(value) <= LONGEST_BUSINESS_ID)):
            return None
    return render(row.args), None, row.key


def _arguments(source: Source, row: ChangedRow, render: RenderArgs) -> tuple[str, str | None]:
    """The arguments as JSON, or why they are not sent."""
    if reason := _why_not(source, row):
        return "", f"{reason} and {_taken_again(source)}"
    try:
        text = render(row.args)
    except (TypeError, ValueError) as error:
        return "", f"the arguments cannot be sent as JSON: {error}"
    if len(text) > LONGEST_ARGUMENTS:
        return "", f"the arguments have {len(text)} characters, and {LONGEST_ARGUMENTS} at most are sent: shorten them"
    return text, None


def _why_not(source: Source, row: ChangedRow) -> str | None:
    """What is wrong with the row's values, and how to mend it."""
    named = list(zip(source.args, row.args, strict=True))
    if missing := [name for name, value in named if value is None]:
        return f"{', '.join(missing)} is NULL in {source.full_name}: set it"
    if broken := [name for name, value in [*named, *(("its key", part) for part in row.key)] if _is_broken(value)]:
        return f"{', '.join(broken)} holds half of a surrogate pair, which is no text in UTF-8: correct it"
    if (length := len(str(row.args[0]))) > LONGEST_BUSINESS_ID:
        return f"{source.args[0]} has {length} characters, and a business id {LONGEST_BUSINESS_ID} at most: shorten it"
    return None


def _taken_again(source: Source) -> str:
    if set(source.args) <= set(source.watched):
        return "the row is taken again"
    return f"write {' or '.join(source.watched)} anew: then the row is taken again"


def _is_broken(value: Any) -> bool:
    return isinstance(value, str) and not value.isascii() and value != _encodable(value)


def _encodable(text: str) -> str:
    """The same text, with halves of surrogate pairs written out: MongoDB keeps UTF-8 only."""
    return text.encode("utf-8", "backslashreplace").decode()


def _storable(part: Any) -> Any:
    """A key's value as the log keeps it: SQL Server makes of it again what it was (`column_type.ColumnType`).

    Moments are texts already. Half of a surrogate pair, which MongoDB does not take, is kept as bytes: no text that
    looks like it can meet it.
    """
    if type(part) is int or (type(part) is str and part.isascii()):
        return part
    if isinstance(part, dt.date):
        return part.isoformat()
    if isinstance(part, decimal.Decimal):
        return format(part, "f")
    if isinstance(part, uuid.UUID):
        return str(part)
    return part.encode("utf-16-le", "surrogatepass") if _is_broken(part) else part
