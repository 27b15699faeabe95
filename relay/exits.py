"""How a process ends that must not start: a line for each problem on standard error, and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

from common.escaping import escaped_lines

EXIT_CONFIGURATION = 2


def refuse_to_start(error: Exception | str) -> NoReturn:
    """End the process. Celery's signals let no other exception than SystemExit through."""
    for line in escaped_lines(str(error)):
        sys.stderr.write(f"relay: {line}\n")
    raise SystemExit(EXIT_CONFIGURATION)
