"""Shared with the worker services: settings, logging, the task log and the two databases. Never imports relay.

from common import TaskLog
"""

from __future__ import annotations

from common.task_log import TaskLog

__all__ = ["TaskLog"]
