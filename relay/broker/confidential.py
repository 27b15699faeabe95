"""Texts that a configuration has to hold and its repr must not show: `repr(app.conf)` prints every value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override


class Confidential(str):
    """The same text to whoever uses it; asterisks in a repr, and so in that of whatever holds it."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "'********'"


def confidential(value: Any) -> Any:
    """The value with each text in it made confidential, at any depth of mappings and lists."""
    if isinstance(value, str):
        return Confidential(value)
    if isinstance(value, Mapping):
        return {name: confidential(one) for name, one in value.items()}
    return [confidential(one) for one in value] if isinstance(value, list) else value
