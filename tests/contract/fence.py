"""What every source of changes promises of the fence."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import pytest

from common.database.ports import ChangeSource
from common.database.records import Fence, Resume
from relay.sources.builtin import SALE
from tests.support.fakes.database import OLD_SECONDS
from tests.support.samples import a_resume


@pytest.mark.usefixtures("table")
class FenceContract:
    """A part of ChangeSourceContract."""

    # The fence

    def test_the_first_fence_is_set_where_there_is_none(self, changes: ChangeSource) -> None:
        fence = Fence(version=0, epoch="epoch", generation=1)
        assert set_fence(changes, fence, expected=None)
        assert changes.states([SALE])["sale"].fence == fence
        assert not set_fence(changes, replace(fence, epoch="another"), expected=None)
        assert changes.states([SALE])["sale"].fence == fence

    @pytest.mark.parametrize(
        "change", [{"version": 1}, {"epoch": "another"}, {"generation": 2}, {"store": "another"}], ids=str
    )
    def test_a_fence_is_compared_whole(self, changes: ChangeSource, change: dict[str, int]) -> None:
        fence = Fence(version=0, epoch="epoch", generation=1, store="mongo")
        later = Fence(version=5, epoch="epoch", generation=3)
        assert set_fence(changes, fence, expected=None)
        assert not set_fence(changes, later, expected=replace(fence, **change))  # type: ignore[arg-type]
        assert set_fence(changes, later, expected=fence)
        assert changes.states([SALE])["sale"].fence == later

    @pytest.mark.parametrize("resume", [None, a_resume(), a_resume(last=None, side_table=None, is_first_run=True)])
    def test_a_fence_tells_who_wrote_it_and_how_to_go_on(self, changes: ChangeSource, resume: Resume | None) -> None:
        fence = Fence(version=0, epoch="epoch", generation=1, store="mongo", host="máy-chủ-1", resume=resume)
        assert set_fence(changes, fence, expected=None)
        found = changes.states([SALE])["sale"].fence
        assert found is not None
        assert (found.store, found.host, found.resume) == ("mongo", "máy-chủ-1", resume)
        assert 0 <= found.age_seconds < OLD_SECONDS

    def test_a_fence_is_renewed_by_its_own_mongos_relay(self, changes: ChangeSource) -> None:
        assert set_fence(changes, Fence(version=0, epoch="epoch", generation=1, store="mongo"), expected=None)
        self.let_the_fence_age(changes)
        changes.renew_fence(SALE, "another")
        assert _age(changes) >= OLD_SECONDS
        changes.renew_fence(SALE, "mongo")
        assert _age(changes) < OLD_SECONDS

    @abstractmethod
    def let_the_fence_age(self, changes: ChangeSource) -> None:
        """By OLD_SECONDS or more."""

    def test_a_fence_is_no_tracked_change(self, changes: ChangeSource) -> None:
        before = changes.states([SALE])["sale"].current_version
        assert set_fence(changes, Fence(version=0, epoch="epoch", generation=1), expected=None)
        assert changes.states([SALE])["sale"].current_version == before

    def test_a_fence_that_was_moved_since_the_snapshot_is_left_alone(self, changes: ChangeSource) -> None:
        first, theirs = Fence(version=0, epoch="epoch", generation=1), Fence(version=3, epoch="epoch", generation=2)
        assert set_fence(changes, first, expected=None)
        with changes.snapshot(SALE) as snapshot:
            seen = snapshot.state.fence
            snapshot.end()
            assert set_fence(changes, theirs, expected=first)
            assert not snapshot.set_fence(Fence(version=4, epoch="epoch", generation=3), expected=seen)
        assert changes.states([SALE])["sale"].fence == theirs

    def test_cancelling_where_nothing_is_read_does_no_harm(self, changes: ChangeSource) -> None:
        changes.cancel(SALE)


def _age(changes: ChangeSource) -> float:
    fence = changes.states([SALE])["sale"].fence
    assert fence is not None
    return fence.age_seconds


def set_fence(changes: ChangeSource, fence: Fence, *, expected: Fence | None) -> bool:
    with changes.snapshot(SALE) as snapshot:
        snapshot.end()
        return snapshot.set_fence(fence, expected=expected)
