"""What a process makes once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from relay import wiring as bootstrap


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's garbage collector, set back at the end."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_a_process_builds_its_relay_once_and_then_spares_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Any] = []
    monkeypatch.setattr(bootstrap, "_built", {})
    monkeypatch.setattr(bootstrap, "get_settings", lambda: None)
    monkeypatch.setattr(bootstrap, "build", lambda *_: built.append(object()) or built[-1])
    app = Celery("test", set_as_current=False)
    first = bootstrap.this_process(app)
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == bootstrap.YOUNG_OBJECTS
    assert bootstrap.this_process(app) is first
    assert len(built) == 1
