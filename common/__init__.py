"""Shared with the worker services: settings, logging, the task log and the two databases. Never imports relay.

A worker service installs this package alone (`pip install ./common`), and of it uses:

    from common import TaskLog
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.task_log import TaskLog

__all__ = ["TaskLog"]


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: relay's command line does without pymongo until it runs a command."""
    if name == "TaskLog":
        from common.task_log import TaskLog

        return TaskLog
    raise AttributeError(name)
