"""How a process ends that must not go on: a line for each problem on standard error, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from common.escaping import escaped_lines

EXIT_REFUSED = 1
"""A service refused, in a way that relay does not know."""
EXIT_CONFIGURATION = 2
"""Something for a person to fix."""
EXIT_AWAY = 3
"""A service is away."""


def refuse_to_start(error: Exception | str) -> NoReturn:
    """End the process. Celery's signals let no other exception than SystemExit through."""
    end_process([str(error)], EXIT_CONFIGURATION)


def end_process(lines: Sequence[str], code: int) -> NoReturn:
    """Say this, and end the process with this exit code."""
    for line in escaped_lines("\n".join(lines)):
        sys.stderr.write(f"relay: {line}\n")
    ended = SystemExit("\n".join(lines))
    # For who runs Alembic or Celery in a process of their own, and asks what was said.
    ended.code = code
    raise ended
