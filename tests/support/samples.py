"""Records for tests: say what matters, the rest has a sensible value."""

from __future__ import annotations

import json
from typing import Any

from common.database.records import Checkpoint, Dispatch, EpochStart, Offset, OpenWindow, Resume, Seal, WindowHeader
from examples.pharmacy.names import shop_code
from relay.sources.builtin import SALE
from relay.sources.source import Source

SHOP = shop_code(1)


def an_offset(seq: int, *, number: int = 1, epoch: str = "epoch") -> Offset:
    return Offset(epoch=epoch, window=number, seq=seq)


def a_dispatch(seq: int | None, *, source: Source = SALE, **changes: Any) -> Dispatch:
    """The dispatch at this place of window 1, epoch `epoch`; its id names its epoch, window number and place."""
    epoch, number = changes.get("epoch", "epoch"), changes.get("number", 1)
    window: dict[str, Any] = {
        "source": source.id,
        "task": source.task,
        "queue": source.queue,
        "priority": source.priority,
        "epoch": epoch,
        "id": changes.pop("window_id", f"window-{number}"),
        "number": number,
        "generation": 1,
        "base": 1,
        "follows": None,
    }
    own: dict[str, Any] = {
        "id": f"{epoch}-{number}-{seq}",
        "args": json.dumps([f"HĐ-{seq}", SHOP]),
        "seq": seq,
        "business_id": f"HĐ-{seq}",
        "key": (SHOP, f"HĐ-{seq}"),
        "change_version": 100,
    }
    header = {name: value if name == "id" else changes.pop(name, value) for name, value in window.items()}
    return Dispatch(**{**own, **changes}, window=WindowHeader(**header))


def an_open_window(**changes: Any) -> OpenWindow:
    fields: dict[str, Any] = {"id": "window-1", "epoch": "epoch", "number": 1, "after": None, "count": 2}
    return OpenWindow(**{**fields, **changes})


def a_resume(**changes: Any) -> Resume:
    """What the fence of another Mongo tells."""
    fields: dict[str, Any] = {
        "number": 8,
        "last": (8, 4),
        "base": 2,
        "begin_version": 5,
        "object_id": 1001,
        "side_table": 2001,
        "definition": "definition",
    }
    return Resume(**{**fields, **changes})


def a_beginning(**changes: Any) -> EpochStart:
    """The epoch `epoch`, with a baseline."""
    fields: dict[str, Any] = {"epoch": "epoch", "reason": "first_run", "number": 0}
    return EpochStart(**{**fields, **changes})


def a_seal(**changes: Any) -> Seal:
    """The first seal of the epoch `epoch`, by generation 1."""
    fields: dict[str, Any] = {
        "expected_version": None,
        "expected_epoch": "epoch",
        "version": 7,
        "generation": 1,
        "window": an_open_window(),
        "last_offset": an_offset(1),
        "begin_version": 0,
        "object_id": 1001,
        "side_table": 2001,
        "definition": "definition",
        "base": 1,
    }
    return Seal(**{**fields, **changes})


def a_checkpoint(**changes: Any) -> Checkpoint:
    """Window 1 of the epoch `epoch` is sealed and drained."""
    fields: dict[str, Any] = {
        "version": 7,
        "epoch": "epoch",
        "sealed_generation": 1,
        "window_number": 1,
        "last_offset": an_offset(1),
        "begin_version": 0,
        "object_id": 1001,
        "side_table": 2001,
        "definition": "definition",
        "base": 1,
    }
    return Checkpoint(**{**fields, **changes})
