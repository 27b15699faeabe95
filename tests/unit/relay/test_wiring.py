"""What a process makes once."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from celery import Celery

from relay import collector, wiring


@pytest.fixture
def garbage_collector() -> Iterator[None]:
    """Python's garbage collector, set back at the end."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("garbage_collector")
def test_a_process_builds_its_relay_once_and_then_spares_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def build(*_: object) -> object:
        built.append(object())
        return built[-1]

    monkeypatch.setattr(wiring, "_built", {})
    monkeypatch.setattr(wiring, "get_settings", lambda: None)
    monkeypatch.setattr(wiring, "build", build)
    app = Celery("test", set_as_current=False)
    first = wiring.this_process(app)
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == collector.YOUNG_OBJECTS
    assert wiring.this_process(app) is first
    assert len(built) == 1
