"""Text as another type of text holds it: in its code page, cut to its length, filled up with blanks."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.sqlserver.collations import Collation, collation_of
from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.errors import truncated
from sandbox.sqlserver.engine.values.types import MAX

_ANSI = ("varchar", "char")
_FIXED = ("char", "nchar")


def fit_text(source: SqlType, target: SqlType, column: tuple[str, str] | None) -> Callable[[str], str] | None:
    """The function that makes a text of one type one of another; None when every one is already.

    `column` is (table, column) for an assignment, which raises 2628 where a cast cuts.
    """
    page = collation_of(target.collation)
    narrow = target.name in _ANSI and (
        source.name not in _ANSI or page.encoding != collation_of(source.collation).encoding
    )
    limit, length = target.length or 1, source.length or 1
    fits = limit == MAX or (length != MAX and length <= limit)
    if fits and target.name not in _FIXED and not narrow:
        return None

    def fit(value: str) -> str:
        if narrow and not value.isascii():
            value = page.decode(page.encode(value))
        if limit != MAX and _size(value, target, page) > limit:
            kept = _cut(value, target, page, limit)
            if column is not None and value[len(kept) :].strip(" "):
                raise truncated(*column, kept)
            value = kept
        return padded(value, target)

    return fit


def padded(value: str, target: SqlType) -> str:
    """The text with the blanks that char and nchar have at the end."""
    return value.ljust(target.length or 1) if target.name in _FIXED else value


def _size(value: str, target: SqlType, page: Collation) -> int:
    """What its length is counted in: bytes of a varchar, where a character of UTF-8 may be several."""
    is_wide = page.encoding == "utf-8" and target.name in _ANSI and not value.isascii()
    return len(page.encode(value)) if is_wide else len(value)


def _cut(value: str, target: SqlType, page: Collation, limit: int) -> str:
    if _size(value, target, page) == len(value):
        return value[:limit]
    return page.encode(value)[:limit].decode(page.encoding, "ignore")
