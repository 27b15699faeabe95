"""The values that the database clients take and return."""

from __future__ import annotations

from common.database.records.checkpoint import (
    EPOCHS_REMEMBERED,
    Baseline,
    Checkpoint,
    EpochStart,
    Lease,
    OpenWindow,
    Seal,
)
from common.database.records.dispatch import (
    Dispatch,
    LastDispatch,
    Outgoing,
    Pushed,
    Takeover,
    TaskStatus,
    WindowEnd,
    WindowHeader,
    characters,
)
from common.database.records.fence import Fence, Resume
from common.database.records.offset import NOWHERE, Offset
from common.database.records.table import ChangedRow, Key, TableState, TrackedTable

__all__ = [
    "EPOCHS_REMEMBERED",
    "NOWHERE",
    "Baseline",
    "ChangedRow",
    "Checkpoint",
    "Dispatch",
    "EpochStart",
    "Fence",
    "Key",
    "LastDispatch",
    "Lease",
    "Offset",
    "OpenWindow",
    "Outgoing",
    "Pushed",
    "Resume",
    "Seal",
    "TableState",
    "Takeover",
    "TaskStatus",
    "TrackedTable",
    "WindowEnd",
    "WindowHeader",
    "characters",
]
