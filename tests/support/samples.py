"""Records for tests: say what matters, the rest has a sensible value."""

from __future__ import annotations

import json
from typing import Any

from common.database.records import Beginning, Checkpoint, Dispatch, OpenCycle, Position, Resume, Seal, Window
from examples.pharmacy.names import shop_code
from relay.sources.builtin import SALE
from relay.sources.source import Source

SHOP = shop_code(1)


def a_position(seq: int, *, number: int = 1, life: str = "life") -> Position:
    return Position(life=life, number=number, seq=seq)


def a_dispatch(seq: int | None, *, source: Source = SALE, **changes: Any) -> Dispatch:
    """The dispatch at this place of cycle 1, life `life`; its id names its life, cycle number and place."""
    life, number = changes.get("life", "life"), changes.get("number", 1)
    window: dict[str, Any] = {
        "source": source.id,
        "task": source.task,
        "queue": source.queue,
        "priority": source.priority,
        "life": life,
        "cycle": f"cycle-{number}",
        "number": number,
        "generation": 1,
        "base": 1,
        "follows": None,
    }
    own: dict[str, Any] = {
        "id": f"{life}-{number}-{seq}",
        "args": json.dumps([f"HĐ-{seq}", SHOP]),
        "seq": seq,
        "business_id": f"HĐ-{seq}",
        "key": (SHOP, f"HĐ-{seq}"),
        "change_version": 100,
    }
    common = {name: changes.pop(name, value) for name, value in window.items()}
    return Dispatch(**{**own, **changes}, window=Window(**common))


def an_open_cycle(**changes: Any) -> OpenCycle:
    fields: dict[str, Any] = {"id": "cycle-1", "life": "life", "number": 1, "after": None, "count": 2}
    return OpenCycle(**{**fields, **changes})


def a_resume(**changes: Any) -> Resume:
    """What the mark of another Mongo tells."""
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


def a_beginning(**changes: Any) -> Beginning:
    """The life `life`, with a baseline."""
    fields: dict[str, Any] = {"life": "life", "reason": "first run", "number": 0}
    return Beginning(**{**fields, **changes})


def a_seal(**changes: Any) -> Seal:
    """The first seal of the life `life`, by generation 1."""
    fields: dict[str, Any] = {
        "expected_version": None,
        "expected_life": "life",
        "version": 7,
        "generation": 1,
        "cycle": an_open_cycle(),
        "last": a_position(1),
        "begin_version": 0,
        "object_id": 1001,
        "side_table": 2001,
        "definition": "definition",
        "base": 1,
    }
    return Seal(**{**fields, **changes})


def a_checkpoint(**changes: Any) -> Checkpoint:
    """Cycle 1 of the life `life` is sealed and drained."""
    fields: dict[str, Any] = {
        "version": 7,
        "life": "life",
        "sealed_generation": 1,
        "cycle_number": 1,
        "last": a_position(1),
        "begin_version": 0,
        "object_id": 1001,
        "side_table": 2001,
        "definition": "definition",
        "base": 1,
    }
    return Checkpoint(**{**fields, **changes})
