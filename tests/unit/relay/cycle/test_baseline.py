"""Baselines in pieces: where each ends, what is left behind it, and what is said of it."""

from __future__ import annotations

from common.database.records import Baseline
from relay.cycle.outcomes import CycleReport, Outcome
from relay.cycle.reasons import Reason
from relay.sources.builtin import SALE
from tests.support.crashing import CrashWorld

HALF = "\ud83d"
"""Half of a surrogate pair: nvarchar takes it, MongoDB does not."""


def _insert(world: CrashWorld, *keys: str) -> None:
    with world.database.transaction() as write:
        for key in keys:
            write.insert(("shop", key), args=(f"HĐ-{key[0]}", "shop"))


def _run(world: CrashWorld) -> CycleReport:
    report, _ = world.run()
    assert report is not None
    return report


def test_it_says_why_it_began_until_it_has_ended() -> None:
    world = CrashWorld()
    _insert(world, *"abcde")
    reports = [_run(world) for _ in range(3)]
    assert [(each.baseline, each.is_in_baseline, each.prepared) for each in reports] == [
        (Reason.FIRST_RUN, True, 3),
        (Reason.FIRST_RUN, False, 2),
        (None, False, 0),
    ]
    assert {each.outcome for each in reports} == {Outcome.DONE}


def test_one_that_fits_its_pieces_exactly_ends_with_an_empty_one() -> None:
    world = CrashWorld()
    _insert(world, *"abc")
    assert _run(world).is_in_baseline
    assert not _run(world).is_in_baseline


def test_it_remembers_where_it_stands_and_where_it_ends() -> None:
    world = CrashWorld()
    _insert(world, *"abcde")
    _run(world)
    assert world.baseline() == Baseline(after=("shop", "c"), until=("shop", "e"), rows=3)


def test_a_piece_does_not_end_at_a_key_that_the_log_cannot_give_back() -> None:
    """SQL Server could not be asked for what comes after it: the rest is one window."""
    world = CrashWorld()
    _insert(world, "a", "b", f"c{HALF}", "d", "e", "f", "g")
    report = _run(world)
    assert not report.is_in_baseline
    assert (report.prepared, report.rejected) == (7, 1)
    assert world.baseline() is None


def test_a_highest_key_that_the_log_cannot_give_back_is_no_end() -> None:
    world = CrashWorld()
    _insert(world, "a", "b", "c", f"d{HALF}")
    _run(world)
    assert world.baseline() == Baseline(after=("shop", "c"), until=None, rows=3)
    _insert(world, "e", "f", "g")
    world.settle()
    assert [dispatch.business_id for dispatch in world.queue.pushed] == [f"HĐ-{key}" for key in "abcefg"]
    assert world.baseline() is None


def test_a_fence_in_the_midst_of_a_baseline_vouches_for_nothing() -> None:
    """Who adopts the source then reads all that waits: what lies behind the last piece was never sent."""
    world = CrashWorld()
    _insert(world, *"abcde")
    _run(world)
    fence = world.database.contents.fence
    assert fence is not None
    assert fence.resume is not None
    assert fence.resume.is_in_baseline
    world.mongo.forget()
    world.adopts = True
    report = _run(world)
    assert report.baseline is Reason.ADOPTED
    world.adopts = False
    world.settle()
    names = {dispatch.business_id for dispatch in world.queue.pushed}
    assert names == {f"HĐ-{key}" for key in "abcde"}
    assert world.mongo.contents.held[SALE.id].checkpoint.baseline is None
