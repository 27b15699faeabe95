"""What every store of checkpoints promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from common.database.records import Checkpoint, Lease
from relay.cycle.ports import Checkpoints, Leases
from tests.support.samples import a_beginning, a_position, a_resume, a_seal, an_open_cycle

SOURCE = "default.sale"


class CheckpointsContract(ABC):
    """A backend gives `checkpoints` and the `leases` that guard them."""

    @pytest.fixture
    @abstractmethod
    def checkpoints(self) -> Checkpoints: ...

    @pytest.fixture
    @abstractmethod
    def leases(self) -> Leases: ...

    @pytest.fixture
    def lease(self, leases: Leases) -> Lease:
        return _acquired(leases)

    @pytest.fixture
    def former(self, lease: Lease, leases: Leases) -> Lease:
        """A lease that somebody else has taken over."""
        leases.release(lease)
        assert leases.acquire(SOURCE) is not None
        return lease

    def test_what_was_never_written_is_not_there(self, checkpoints: Checkpoints) -> None:
        assert checkpoints.load([SOURCE]) == {}

    def test_a_leased_source_has_an_empty_checkpoint(self, checkpoints: Checkpoints, lease: Lease) -> None:
        found = checkpoints.load([SOURCE])
        assert found == {SOURCE: Checkpoint(store=found[SOURCE].store)}
        assert found[SOURCE].store

    def test_only_what_is_asked_for_is_loaded(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        assert leases.acquire("default.import") is not None
        assert set(checkpoints.load([SOURCE])) == {SOURCE}
        assert set(checkpoints.load([SOURCE, "default.import", "default.cancellation"])) == {SOURCE, "default.import"}

    # Counting on

    def test_a_new_checkpoint_counts_on(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.count_on_from(lease, 41)
        assert _loaded(checkpoints) == Checkpoint(cycle_number=41, store=_loaded(checkpoints).store)

    def test_one_that_counts_is_not_set_again(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.count_on_from(lease, 0)
        assert not checkpoints.count_on_from(lease, 41)
        assert _loaded(checkpoints).cycle_number == 0

    # Lives

    def test_a_life_begins_with_nothing_but_its_name(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.begin_life(lease, a_beginning(number=3))
        found = _loaded(checkpoints)
        assert found == Checkpoint(
            life="life",
            sealed_generation=lease.generation,
            life_reason="first run",
            cycle_number=3,
            store=found.store,
        )
        assert found.life_began_at is not None

    def test_its_first_window_is_of_a_later_generation(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        _begin(checkpoints, lease)
        leases.release(lease)
        assert _acquired(leases).generation == lease.generation + 2

    def test_a_life_can_begin_with_a_watermark(self, checkpoints: Checkpoints, lease: Lease) -> None:
        resume = a_resume(last=None, is_first_run=True)
        assert checkpoints.begin_life(lease, a_beginning(version=12, resume=resume))
        found = _loaded(checkpoints)
        assert (found.version, found.skipped_to, found.last) == (12, 12, None)
        assert (found.base, found.begin_version, found.object_id, found.side_table) == (2, 5, 1001, 2001)
        assert found.definition == resume.definition

    def test_the_life_of_another_mongo_can_go_on(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.announce_adoption(lease, life="theirs", generation=40)
        assert _loaded(checkpoints).adopts_life == "theirs"
        lease = replace(lease, generation=40)
        assert checkpoints.begin_life(lease, a_beginning(life="theirs", version=12, number=9, resume=a_resume()))
        found = _loaded(checkpoints)
        assert (found.life, found.version, found.last) == ("theirs", 12, a_position(4, number=8, life="theirs"))
        assert (found.sealed_generation, found.cycle_number, found.adopts_life) == (40, 9, None)
        assert found.skipped_to is None

    def test_an_announced_generation_is_the_leases(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        assert checkpoints.announce_adoption(lease, life="theirs", generation=40)
        leases.release(lease)
        assert _acquired(leases).generation == 41

    # Definitions

    def test_a_definition_is_remembered_with_who_brought_it(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(brings_definition=True, host="nhà-thuốc-1"))
        found = _loaded(checkpoints)
        assert (found.defined_by, found.superseded) == ("nhà-thuốc-1", ())
        assert found.defined_at is not None

    def test_what_was_superseded_is_remembered_until_it_is_adopted(
        self, checkpoints: Checkpoints, lease: Lease
    ) -> None:
        _begin(checkpoints, lease)
        seal = a_seal(definition="third", brings_definition=True, superseded=("first", "second"))
        assert checkpoints.seal(lease, seal)
        assert checkpoints.close(lease, an_open_cycle(), {})
        changes = a_seal(expected_version=7, definition="third", cycle=an_open_cycle(number=2))
        assert checkpoints.seal(lease, changes)
        assert _loaded(checkpoints).superseded == ("first", "second")
        assert checkpoints.adopt(lease, superseded=["second"])
        assert _loaded(checkpoints).superseded == ("second",)

    def test_it_outlives_its_life(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(brings_definition=True, superseded=("old",)))
        assert checkpoints.abandon_life(lease, number=9, reason="journal has holes")
        _begin(checkpoints, lease)
        assert (_loaded(checkpoints).superseded, _loaded(checkpoints).definition) == (("old",), "definition")

    # Lives that begin too often

    def test_a_source_is_stopped_when_lives_were_sealed_too_often(self, checkpoints: Checkpoints, lease: Lease) -> None:
        for _ in range(2):
            _seal_first_window(checkpoints, lease)
            assert not checkpoints.stop_source(lease, lives=3, within=timedelta(minutes=10))
        _seal_first_window(checkpoints, lease)
        assert checkpoints.stop_source(lease, lives=3, within=timedelta(minutes=10))
        assert _loaded(checkpoints).stopped_at is not None
        assert checkpoints.adopt(lease, superseded=())
        assert _loaded(checkpoints).stopped_at is None
        assert not checkpoints.stop_source(lease, lives=3, within=timedelta(minutes=10))

    def test_lives_that_began_long_ago_stop_nothing(self, checkpoints: Checkpoints, lease: Lease) -> None:
        for _ in range(3):
            _seal_first_window(checkpoints, lease)
        assert not checkpoints.stop_source(lease, lives=3, within=timedelta(0))

    def test_a_life_that_sealed_nothing_does_not_count(self, checkpoints: Checkpoints, lease: Lease) -> None:
        for _ in range(5):
            _begin(checkpoints, lease)
        assert not checkpoints.stop_source(lease, lives=3, within=timedelta(minutes=10))

    def test_a_new_life_forgets_watermark_and_last_position(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _seal_and_close(checkpoints, lease)
        assert checkpoints.begin_life(lease, a_beginning(life="second", reason="restored", number=1))
        found = _loaded(checkpoints)
        assert (found.life, found.version, found.last, found.cycle_number) == ("second", None, None, 1)

    def test_no_life_begins_over_an_open_cycle(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert not checkpoints.begin_life(lease, a_beginning(life="second"))
        assert not checkpoints.announce_adoption(lease, life="second", generation=9)
        assert _loaded(checkpoints).life == "life"

    def test_an_abandoned_life_leaves_only_the_count(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert checkpoints.abandon_life(lease, number=9, reason="journal has holes")
        found = _loaded(checkpoints)
        assert (found.life, found.version, found.last, found.open_cycle) == (None, None, None, None)
        assert (found.cycle_number, found.life_reason) == (9, "journal has holes")

    # Sealing

    def test_a_seal_advances_the_watermark_and_opens_the_cycle(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        seal = a_seal(cycle=an_open_cycle(after=a_position(3, number=0)))
        assert checkpoints.seal(lease, seal)
        assert _loaded(checkpoints) == Checkpoint(
            version=7,
            life="life",
            sealed_generation=1,
            open_cycle=seal.cycle,
            cycle_number=1,
            last=a_position(1),
            begin_version=0,
            object_id=1001,
            side_table=2001,
            definition="definition",
            base=1,
            life_reason="first run",
            store=_loaded(checkpoints).store,
        )

    def test_a_baseline_is_remembered_until_the_next(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(baseline="first run"))
        checkpoints.close(lease, an_open_cycle(), {})
        changes = a_seal(expected_version=7, version=9, cycle=an_open_cycle(id="cycle-2", number=2))
        assert checkpoints.seal(lease, changes)
        found = _loaded(checkpoints)
        assert found.last_baseline is not None
        assert (found.last_baseline["reason"], found.last_baseline["version"]) == ("first run", 7)

    def test_a_baseline_takes_what_a_first_run_has_skipped(self, checkpoints: Checkpoints, lease: Lease) -> None:
        resume = a_resume(last=None, is_first_run=True)
        assert checkpoints.begin_life(lease, a_beginning(version=7, resume=resume))
        assert checkpoints.seal(lease, a_seal(expected_version=7, version=9))
        assert checkpoints.close(lease, an_open_cycle(), {})
        assert _loaded(checkpoints).skipped_to == 7
        again = a_seal(expected_version=9, version=11, cycle=an_open_cycle(id="cycle-3"), baseline="restored")
        assert checkpoints.seal(lease, again)
        assert _loaded(checkpoints).skipped_to is None

    def test_a_window_without_rows_can_be_sealed(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(cycle=an_open_cycle(count=0), last=None))
        assert _loaded(checkpoints).last is None

    @pytest.mark.parametrize(
        "expected",
        [{"expected_version": 6}, {"expected_version": None}, {"expected_life": "another"}],
        ids=["other watermark", "no watermark", "other life"],
    )
    def test_a_seal_compares_watermark_and_life(
        self, checkpoints: Checkpoints, lease: Lease, expected: dict[str, Any]
    ) -> None:
        _seal_and_close(checkpoints, lease)
        before = _loaded(checkpoints)
        seal = replace(a_seal(expected_version=7, version=8, cycle=an_open_cycle(id="cycle-2", number=2)), **expected)
        assert not checkpoints.seal(lease, seal)
        assert _loaded(checkpoints) == before

    def test_version_0_is_a_watermark(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(version=0))
        assert checkpoints.close(lease, an_open_cycle(), {})
        assert _loaded(checkpoints).version == 0
        assert not checkpoints.seal(lease, a_seal(expected_version=None))
        assert checkpoints.seal(lease, a_seal(expected_version=0))

    def test_no_seal_over_an_open_cycle(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        second = a_seal(expected_version=7, version=8, cycle=an_open_cycle(id="cycle-2", number=2))
        assert not checkpoints.seal(lease, second)
        assert _loaded(checkpoints).open_cycle == an_open_cycle()

    # Closing

    def test_a_closed_cycle_leaves_its_summary(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert checkpoints.close(lease, an_open_cycle(), {"dispatched": 2})
        found = _loaded(checkpoints)
        assert found.open_cycle is None
        assert found.last_cycle == {"id": "cycle-1", "number": 1, "dispatched": 2}
        assert (found.version, found.last) == (7, a_position(1))

    def test_only_the_open_cycle_is_closed(self, checkpoints: Checkpoints, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert not checkpoints.close(lease, an_open_cycle(id="another"), {})
        assert _loaded(checkpoints).open_cycle == an_open_cycle()

    # The owner

    def test_a_former_owner_writes_nothing(self, checkpoints: Checkpoints, former: Lease) -> None:
        before = _loaded(checkpoints)
        assert not checkpoints.count_on_from(former, 41)
        assert not checkpoints.begin_life(former, a_beginning())
        assert not checkpoints.announce_adoption(former, life="life", generation=9)
        assert not checkpoints.adopt(former, superseded=())
        assert not checkpoints.stop_source(former, lives=0, within=timedelta(minutes=10))
        assert not checkpoints.abandon_life(former, number=9, reason="journal has holes")
        assert _loaded(checkpoints) == before

    def test_a_former_owner_does_not_seal(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        _begin(checkpoints, lease)
        leases.release(lease)
        assert leases.acquire(SOURCE) is not None
        assert not checkpoints.seal(lease, a_seal())
        assert _loaded(checkpoints).version is None

    def test_a_former_owner_does_not_close(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        _begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        leases.release(lease)
        assert leases.acquire(SOURCE) is not None
        assert not checkpoints.close(lease, an_open_cycle(), {})
        assert _loaded(checkpoints).open_cycle == an_open_cycle()

    def test_a_lease_writes_only_its_own_source(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        other = leases.acquire("default.import")
        assert other is not None
        assert not checkpoints.count_on_from(replace(lease, source="default.import"), 41)
        assert checkpoints.load(["default.import"])["default.import"].cycle_number is None


def _acquired(leases: Leases) -> Lease:
    lease = leases.acquire(SOURCE)
    assert lease is not None
    return lease


def _loaded(checkpoints: Checkpoints) -> Checkpoint:
    return checkpoints.load([SOURCE])[SOURCE]


def _begin(checkpoints: Checkpoints, lease: Lease) -> None:
    assert checkpoints.begin_life(lease, a_beginning())


def _seal_first_window(checkpoints: Checkpoints, lease: Lease) -> None:
    _begin(checkpoints, lease)
    assert checkpoints.seal(lease, a_seal(lives=_loaded(checkpoints).lives))
    assert checkpoints.abandon_life(lease, number=1, reason="restored")


def _seal_and_close(checkpoints: Checkpoints, lease: Lease) -> None:
    _begin(checkpoints, lease)
    assert checkpoints.seal(lease, a_seal())
    assert checkpoints.close(lease, an_open_cycle(), {})
