"""Relay's commands as a person types them, and how they must end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.relay_process import environment_of

Words = tuple[str, ...]
Done = subprocess.CompletedProcess[str]

STATUS, SCAN, DRY_RUN = ("relay", "status"), ("relay", "scan"), ("relay", "scan", "sale", "--dry-run")
RECONCILE, ADOPT = ("relay", "reconcile"), ("relay", "adopt", "sale", "--yes")
CHECK, SUGGEST, ENABLE = ("relay", "sources", "--check"), ("relay", "sources", "suggest"), ("relay", "enable")
UPGRADE, CURRENT = ("alembic", "upgrade", "head"), ("alembic", "current")
WORKER = ("celery", "-A", "relay.celery_app", "worker", "--pool", "solo")
BEAT = ("celery", "-A", "relay.celery_app", "beat", "--schedule", "beat-schedule")
LONGEST_SECONDS = 90


def run(words: Words, settings: Mapping[str, str], folder: Path) -> Done:
    """Run the command in this folder, with these settings alone."""
    return subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:]],
        cwd=folder,
        env={**environment_of(settings), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def last_line(done: Done, code: int, *secrets: str) -> str:
    """The one line with which it ended, with this exit code. AssertionError for any other end, for a traceback, and
    for a secret in what was said."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said, said
    for secret in filter(None, secrets):
        assert secret not in said
    [line] = [line for line in done.stderr.splitlines() if line.startswith("relay: ")]
    assert len(line) < 700, line
    return line
