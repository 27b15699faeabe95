"""STRING_AGG."""

from __future__ import annotations

from typing import Any

from sandbox.sqlserver.engine.values import collation


class StringAgg:
    """STRING_AGG(text, separator, key, descending): NULLs are left out; in the order of the keys where they differ."""

    def __init__(self) -> None:
        self._parts: list[tuple[Any, str]] = []
        self._separator = ""
        self._descending = False

    def step(self, text: str | None, separator: str | None, key: Any, descending: int) -> None:
        """One row."""
        if text is not None:
            self._parts.append((_sortable(key), text))
        self._separator = separator or ""
        self._descending = bool(descending)

    def finalize(self) -> str | None:
        """The whole; NULL without a text."""
        parts = sorted(self._parts, key=lambda part: part[0], reverse=self._descending)
        return self._separator.join(text for _, text in parts) if parts else None


def _sortable(key: Any) -> tuple[bool, Any]:
    """NULL first, texts by the collation."""
    return key is not None, collation.sort_key(key) if isinstance(key, str) else key or 0
