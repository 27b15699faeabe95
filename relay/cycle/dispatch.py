"""From a row to a dispatch: what will be sent, or why it cannot be."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import Any

from common.database.records import ChangedRow, Dispatch, Key, LastDispatch, TaskStatus, WindowHeader
from relay.cycle.rejections import (
    LONGEST_BUSINESS_ID,
    Rejection,
    encodable,
    is_broken,
    reject_length,
    reject_unrendered,
    reject_values,
)
from relay.cycle.task_ids import attempt_id, dispatch_id
from relay.sources.source import Source

RenderArgs = Callable[[tuple[Any, ...]], str]
"""Serialises a task's arguments. Raises TypeError or ValueError for what cannot be sent."""


def make_dispatch(
    source: Source,
    window: WindowHeader,
    row: ChangedRow,
    seq: int,
    render: RenderArgs,
    *,
    repeats: LastDispatch | None = None,
) -> Dispatch:
    """The dispatch of a row; REJECTED, with the reason, when it cannot be sent.

    `repeats`: the dispatch that is sent again, under a new id.
    """
    text, rejection, key = _plainly(row, render) or (*_arguments(source, row, render), logged_key(row.key))
    attempt = repeats.attempt + 1 if repeats else 1
    own_id = dispatch_id(source, window, row)
    return Dispatch(
        id=attempt_id(repeats.id, attempt) if repeats else own_id,
        window=window,
        args=text,
        seq=None if rejection else seq,
        business_id=business_id(row),
        key=key,
        change_version=row.version,
        status=TaskStatus.REJECTED if rejection else TaskStatus.PREPARED,
        reason=rejection.code.value if rejection else None,
        error=rejection.remedy if rejection else None,
        attempt=attempt,
        repeats=repeats.id if repeats else None,
    )


def business_id(row: ChangedRow) -> str | None:
    """What the row is called in the task log: its first argument, as a text, cut off where it is too long."""
    first = row.args[0]
    if type(first) is str and first.isascii():
        return first[:LONGEST_BUSINESS_ID]
    return None if row.args[0] is None else encodable(str(row.args[0]))[:LONGEST_BUSINESS_ID]


def logged_key(key: Key) -> Key:
    """A row's key as the task log holds it."""
    return tuple(_storable(part) for part in key)


def comes_back(key: Key) -> bool:
    """Whether SQL Server can compare rows with the key as the task log holds it: not with half of a surrogate pair."""
    return not any(isinstance(part, str) and is_broken(part) for part in key)


def _plainly(row: ChangedRow, render: RenderArgs) -> tuple[str, None, tuple[Any, ...]] | None:
    """Fast path for plain ints and short ASCII, which is most rows: what `_arguments` and `logged_key` would give."""
    for value in (*row.args, *row.key):
        if not (type(value) is int or (type(value) is str and value.isascii() and len(value) <= LONGEST_BUSINESS_ID)):
            return None
    return render(row.args), None, row.key


def _arguments(source: Source, row: ChangedRow, render: RenderArgs) -> tuple[str, Rejection | None]:
    """The arguments as JSON, or why they are not sent."""
    if rejection := reject_values(source, row):
        return "", rejection
    try:
        text = render(row.args)
    except (TypeError, ValueError):
        return "", reject_unrendered(source, row, render)
    rejection = reject_length(len(text))
    return ("", rejection) if rejection else (text, None)


def _storable(part: Any) -> Any:
    """A key's value as the log keeps it; SQL Server converts it back (`column_type.ColumnType`).

    Moments are texts already. Half of a surrogate pair, which MongoDB does not take, is kept as bytes, so that it
    equals no other text.
    """
    if type(part) is int or (type(part) is str and part.isascii()):
        return part
    if isinstance(part, dt.date):
        return part.isoformat()
    if isinstance(part, decimal.Decimal):
        # guard: decimals-of-key
        return format(part, "f")
    if isinstance(part, uuid.UUID):
        return str(part)
    # guard: half-surrogates
    return part.encode("utf-16-le", "surrogatepass") if is_broken(part) else part
