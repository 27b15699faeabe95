"""What the demonstration shows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from examples.pharmacy.demo.display import save_svg
from examples.pharmacy.demo.history import KEPT, SMOOTHED, Counts, History, Moment
from examples.pharmacy.demo.verdict import reconcile
from examples.pharmacy.demo.view import WIDTH, picture
from examples.pharmacy.documents import KINDS
from examples.pharmacy.pharmacy import HandIn


def _history(moments: int, **per_moment: int) -> History:
    """So many moments, half a second apart; each source grows by so much from one to the next."""
    history = History()
    for number in range(moments):
        counts = Counts(**{name: number * step for name, step in per_moment.items()})
        history.add(Moment(at=number / 2, counts={kind.name: counts for kind in KINDS}))
    return history


def test_growth_is_told_by_the_second() -> None:
    history = _history(SMOOTHED + 2, dispatched=5)
    assert history.per_second("dispatched", "sale") == [10.0, 10.0]
    assert history.per_second("dispatched") == [30.0, 30.0]
    assert history.per_second("processed") == [0.0, 0.0]


def test_old_moments_are_forgotten() -> None:
    assert len(_history(KEPT * 2).per_second("inserted")) == KEPT - SMOOTHED


@pytest.mark.parametrize("width", [80, WIDTH, 200])
def test_the_picture_has_a_row_a_source_and_the_account(width: int) -> None:
    hand_in = HandIn(kind="sale", key=("NT-01", "HD-1"), revision=1, committed_at=0.0)
    verdicts = {kind.name: reconcile([hand_in] if kind.name == "sale" else [], [], []) for kind in KINDS}
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(picture("documents flow", reconcile([hand_in], [], []), verdicts, _history(10, queued=3, inserted=9)))
    text = console.export_text()
    assert "documents flow" in text
    assert "1 became pending, 0 processed, 1 on the way, 0 twice" in text
    for kind in KINDS:
        [row] = [line for line in text.splitlines() if f"{kind.name} " in line]
        assert "27" in row, "what waits in its queue"


def test_before_the_first_moment_there_is_a_picture_too() -> None:
    console = Console(file=io.StringIO(), width=WIDTH)
    nothing = reconcile([], [], [])
    console.print(picture("starting", nothing, {kind.name: nothing for kind in KINDS}, History()))


def test_the_picture_that_is_kept_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    nothing = reconcile([], [], [])
    save_svg(picture("done", nothing, {kind.name: nothing for kind in KINDS}, History()), tmp_path / "demo.svg")
    text = (tmp_path / "demo.svg").read_text()
    assert text.startswith("<svg")
    assert "url(http" not in text
    assert "@font-face" not in text
