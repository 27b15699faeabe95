"""Every variant gets the same backlog, the peer too where it can be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks import loops, peer, suite
from benchmarks.peer import Peer
from benchmarks.world import World
from tests.unit.benchmarks.empty_world import EmptyWorld

ROUNDS = 5
SIZES = replace(suite.QUICK, rounds=ROUNDS, backlog=4000)


def figures(rows: int) -> dict[str, float]:
    return {"rows": rows, "wall": 1.0, "cpu": 0.5, "peak_mb": 80.0}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Instead of processes: which function would run, and from which version or with how many rows."""
    found: list[tuple[str, Any]] = []

    def run_child(function: str, _settings: object, **arguments: Any) -> dict[str, float]:
        found.append((function, arguments.get("since", arguments.get("rows"))))
        return figures(SIZES.backlog)

    monkeypatch.setattr(suite, "run_child", run_child)
    monkeypatch.setattr(peer, "run_child", run_child)
    return found


def end_to_end(neighbour: Peer | None) -> dict[str, Any]:
    return suite.end_to_end(cast(World, EmptyWorld()), SIZES, lambda _line: None, neighbour)


def test_without_the_peer_the_others_are_measured(ran: list[tuple[str, Any]]) -> None:
    assert list(end_to_end(None)) == list(loops.VARIANTS)
    assert set(ran) == {("loops:plain", 7), ("loops:improved", 7), ("loops:relay", 7)}


def test_the_peer_stands_last_and_has_fewer_rounds(ran: list[tuple[str, Any]]) -> None:
    found = end_to_end(Peer(folder=Path("folder")))
    assert {name: one["rounds"] for name, one in found.items()} == {
        **dict.fromkeys(loops.VARIANTS, ROUNDS - 1),
        peer.NAME: suite.PEER_ROUNDS,
    }
    assert list(found)[-1] == peer.NAME
    assert ran.count(("outbox:relay", SIZES.backlog)) == suite.PEER_ROUNDS


@pytest.mark.usefixtures("ran")
def test_a_peer_that_falls_short_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Peer, "drain", lambda *_given: figures(SIZES.backlog - 1))
    with pytest.raises(RuntimeError, match="django-celery-outbox sent 3999 rows of 4000"):
        end_to_end(Peer(folder=Path("folder")))
