"""The settings as a table for the documents, made from `Settings` itself.

python -m common.settings_table docs/operations.md      # writes it between the two marks
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from common.config import Settings

BEGIN, END = "<!-- settings: python -m common.settings_table docs/operations.md -->", "<!-- end of settings -->"


def markdown() -> str:
    """A row a setting: name, what it says, its default."""
    rows = [f"| `{name}` | {_meaning(field)} | {_default(field)} |" for name, field in Settings.model_fields.items()]
    return "\n".join(["| setting | what it says | default |", "|---|---|---|", *rows])


def with_table(document: str) -> str:
    """The document with the table between its marks. Raises ValueError when it has none."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{markdown()}\n{END}{after}"


def _meaning(field: FieldInfo) -> str:
    choices = _choices(field.annotation)
    # Where the description names the choices already, they are not named again.
    if choices and not all(choice in str(field.description) for choice in choices):
        return f"{field.description}: {', '.join(choices)}"
    return str(field.description)


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    if get_origin(annotation) in (Union, UnionType):
        return tuple(choice for part in get_args(annotation) if part is not NoneType for choice in _choices(part))
    return ()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    if field.default is None:
        return ""
    value = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return f"`{value.lower() if isinstance(field.default, bool) else value}`"


def main() -> None:
    """Rewrite the table in each file that is named."""
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
