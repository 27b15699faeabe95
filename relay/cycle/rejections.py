"""Why a row cannot be sent: a code, and for people what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.database.records import ChangedRow
from relay.sources.source import Source

LONGEST_BUSINESS_ID = 500
"""Characters. A business id is searched for and indexed; anything longer is text in the wrong column."""
LONGEST_ARGUMENTS = 1_000_000
"""Characters of JSON. A message names the row; MongoDB keeps at most 16 MiB in a document."""
FAR_TOO_LONG = 10 * LONGEST_ARGUMENTS
"""Characters of text that is not written as JSON to see how long that is: it may be gigabytes."""


class RejectionCode(StrEnum):
    """What is wrong with a row. Stored and logged."""

    ARGUMENT_IS_NULL = "argument_is_null"
    TEXT_IS_BROKEN = "text_is_broken"
    """It holds half of a surrogate pair, which is no text in UTF-8."""
    BUSINESS_ID_TOO_LONG = "business_id_too_long"
    ARGUMENTS_NOT_JSON = "arguments_not_json"
    ARGUMENTS_TOO_LONG = "arguments_too_long"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """What is wrong with a row, and the remedy."""

    code: RejectionCode
    remedy: str
    """For people: names column, table and what to do."""


def reject_values(source: Source, row: ChangedRow) -> Rejection | None:
    """What is wrong with the row's values; None: they can be rendered."""
    named = list(zip(source.args, row.args, strict=True))
    if missing := [name for name, value in named if value is None]:
        what = f"{', '.join(missing)} is NULL in {source.full_name}: set it"
        return _rejection(source, RejectionCode.ARGUMENT_IS_NULL, what)
    if broken := [name for name, value in [*named, *(("its key", part) for part in row.key)] if is_broken(value)]:
        what = f"{', '.join(broken)} holds half of a surrogate pair, which is no text in UTF-8: correct it"
        return _rejection(source, RejectionCode.TEXT_IS_BROKEN, what)
    if (length := len(str(row.args[0]))) > LONGEST_BUSINESS_ID:
        what = f"{source.args[0]} has {length} characters, and a business id {LONGEST_BUSINESS_ID} at most: shorten it"
        return _rejection(source, RejectionCode.BUSINESS_ID_TOO_LONG, what)
    length = sum(len(value) for value in row.args if isinstance(value, str))
    return reject_length(length) if length > FAR_TOO_LONG else None


def reject_length(length: int) -> Rejection | None:
    """What is wrong with arguments of so many characters, as texts or as JSON; None: nothing."""
    if length <= LONGEST_ARGUMENTS:
        return None
    remedy = f"the arguments have {length} characters, and {LONGEST_ARGUMENTS} at most are sent: shorten them"
    return Rejection(code=RejectionCode.ARGUMENTS_TOO_LONG, remedy=remedy)


def reject_unrendered(source: Source, row: ChangedRow, render: Callable[[tuple[Any, ...]], str]) -> Rejection:
    """Arguments that JSON cannot hold, by name and kind; `render` raises for each of them."""
    kinds = [
        f"{name} ({type(value).__name__})"
        for name, value in zip(source.args, row.args, strict=True)
        if not _renders(value, render)
    ]
    what = f"{', '.join(kinds) or 'the arguments'} cannot be sent as JSON: choose other columns, or correct the value"
    return _rejection(source, RejectionCode.ARGUMENTS_NOT_JSON, what)


def _renders(value: Any, render: Callable[[tuple[Any, ...]], str]) -> bool:
    try:
        render((value,))
    except (TypeError, ValueError):
        return False
    return True


def _rejection(source: Source, code: RejectionCode, what: str) -> Rejection:
    """Adds what makes relay take the row again."""
    if set(source.args) <= set(source.watched):
        return Rejection(code=code, remedy=f"{what} and the row is taken again")
    watched = " or ".join(source.watched)
    return Rejection(code=code, remedy=f"{what} and write {watched} anew: then the row is taken again")


def is_broken(value: Any) -> bool:
    """Whether this is a text with half of a surrogate pair, which nobody can encode."""
    return isinstance(value, str) and not value.isascii() and value != encodable(value)


def encodable(text: str) -> str:
    """The same text, with halves of surrogate pairs written out: MongoDB keeps UTF-8 only."""
    return text.encode("utf-8", "backslashreplace").decode()
