"""Has `alembic` find relay's migrations: `alembic upgrade head` works in any folder, wherever relay is installed.

Alembic imports the plugins of its entry point `alembic.plugins` before it reads its command line. Where the folder has
an `alembic.ini`, a `[tool.alembic]` in its `pyproject.toml`, or ALEMBIC_CONFIG is set, those are meant, and nothing is
changed: relay may be installed beside somebody else's migrations.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from alembic.runtime.plugins import Plugin

VARIABLE = "ALEMBIC_CONFIG"
OURS = Path(__file__).with_name("alembic.ini")


def setup(_plugin: Plugin) -> None:
    """Called once, when Alembic is imported."""
    if VARIABLE not in os.environ and not _has_migrations_of_its_own(Path.cwd()):
        os.environ[VARIABLE] = str(OURS)


def _has_migrations_of_its_own(folder: Path) -> bool:
    if (folder / "alembic.ini").exists():
        return True
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "alembic" in project.get("tool", {})
