"""Alembic as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from common.config import Settings

PROJECT = Path(__file__).parents[2]


def upgrade(settings: Mapping[str, str]) -> None:
    """`alembic upgrade head` with these settings. AssertionError, with what it said, when it fails."""
    run_alembic(settings, "upgrade", "head")


def run_alembic(settings: Mapping[str, str], *words: str) -> None:
    """`alembic` and these words. AssertionError, with what it said, when it fails."""
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    command = [sys.executable, "-m", "alembic", *words]
    done = subprocess.run(command, env={**rest, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
