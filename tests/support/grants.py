"""The rights that docs/operations.md names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def documented_grants(user: str) -> Sequence[tuple[str, str]]:
    """(permissions, on what) of every GRANT to this user in docs/operations.md; nothing behind it is the database."""
    lines = [line.rstrip(";") for line in _OPERATIONS.read_text().splitlines()]
    grants = [line.removeprefix("GRANT ").removesuffix(f" TO {user}") for line in lines if line.endswith(f" TO {user}")]
    assert grants, f"no GRANT to {user} in {_OPERATIONS.name}"
    split = [grant.partition(" ON ") for grant in grants]
    return [(permissions, where) for permissions, _, where in split]
