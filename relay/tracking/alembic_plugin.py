"""Has the command `alembic` find relay's migrations: `alembic upgrade head` works in any folder.

Alembic loads the plugins of its entry point `alembic.plugins` whenever it is imported, by whatever program. So this one
acts in the command alone, for this one run, and not where the folder or the caller names other migrations: an
`alembic.ini`, a `[tool.alembic]` in `pyproject.toml`, ALEMBIC_CONFIG, `-c`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[2] / "migrations" / "alembic.ini"
"""Beside the package `relay`, where it is installed and in a clone."""
WITHOUT_MIGRATIONS = frozenset({"init", "list_templates"})
"""Commands that make a project, or need none."""


def setup(_plugin: Any) -> None:
    """Called when Alembic is imported, before its command reads `sys.argv`. Raises nothing."""
    if _is_the_command(sys.orig_argv) and _wants_ours(sys.argv[1:]):
        # In the arguments, not in the environment: child processes have migrations of their own.
        sys.argv[1:1] = ["-c", str(CONFIG)]


def _is_the_command(argv: Sequence[str]) -> bool:
    """`alembic ...`, which Python runs as a script, or `python -m alembic ...`."""
    words = argv[1:]
    if "-m" in words:
        return words[words.index("-m") + 1 : words.index("-m") + 2] == ["alembic"]
    return any(Path(word).stem == "alembic" for word in words[:1])


def _wants_ours(arguments: Sequence[str]) -> bool:
    if "ALEMBIC_CONFIG" in os.environ or any(word.startswith(("-c", "--config")) for word in arguments):
        return False
    if WITHOUT_MIGRATIONS & set(arguments):
        return False
    try:
        return not _has_migrations_of_its_own(Path.cwd())
    except OSError:
        # The folder is gone, or cannot be looked into: Alembic says so.
        return False


def _has_migrations_of_its_own(folder: Path) -> bool:
    if (folder / "alembic.ini").exists():
        return True
    project = folder / "pyproject.toml"
    try:
        return "alembic" in tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {})
    except (FileNotFoundError, ValueError):
        return False
