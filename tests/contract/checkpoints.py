"""What every store of checkpoints promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from common.database.ports import Checkpoints, Leases
from common.database.records import Checkpoint, Lease
from tests.contract.checkpoint_steps import SOURCE, acquired_lease, begin, loaded, seal_and_close
from tests.contract.frequent_epochs import FrequentEpochsContract
from tests.support.samples import a_beginning, a_resume, a_seal, an_offset, an_open_window


class CheckpointsContract(FrequentEpochsContract, ABC):
    """A backend gives `checkpoints` and the `leases` that guard them."""

    @pytest.fixture
    @abstractmethod
    def checkpoints(self) -> Checkpoints: ...

    @pytest.fixture
    @abstractmethod
    def leases(self) -> Leases: ...

    @pytest.fixture
    def lease(self, leases: Leases) -> Lease:
        return acquired_lease(leases)

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

    def test_a_checkpoint_says_how_many_cycles_have_begun_and_whether_one_is_under_way(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        assert (loaded(checkpoints).generation, loaded(checkpoints).is_leased) == (lease.generation, True)
        leases.release(lease)
        assert (loaded(checkpoints).generation, loaded(checkpoints).is_leased) == (lease.generation, False)
        assert leases.acquire(SOURCE) is not None
        assert loaded(checkpoints).generation == lease.generation + 1

    def test_the_tick_that_lingered_last_is_the_one(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        assert leases.acquire("default.import") is not None
        assert loaded(checkpoints).lingers is None
        for tick in ("first", "second"):
            checkpoints.note_lingering([SOURCE, "default.never_scanned"], tick)
        found = checkpoints.load([SOURCE, "default.import", "default.never_scanned"])
        assert {name: each.lingers for name, each in found.items()} == {SOURCE: "second", "default.import": None}

    # Counting on

    def test_a_new_checkpoint_counts_on(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.seed_window_number(lease, 41)
        assert loaded(checkpoints) == Checkpoint(window_number=41, store=loaded(checkpoints).store)

    def test_one_that_counts_is_not_set_again(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.seed_window_number(lease, 0)
        assert not checkpoints.seed_window_number(lease, 41)
        assert loaded(checkpoints).window_number == 0

    # Epochs

    def test_an_epoch_begins_with_nothing_but_its_name(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.begin_epoch(lease, a_beginning(number=3))
        found = loaded(checkpoints)
        assert found == Checkpoint(
            epoch="epoch",
            epoch_follows=3,
            sealed_generation=lease.generation,
            epoch_reason="first_run",
            window_number=3,
            store=found.store,
        )
        assert found.epoch_began_at is not None

    def test_its_first_window_is_of_a_later_generation(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        begin(checkpoints, lease)
        leases.release(lease)
        assert acquired_lease(leases).generation == lease.generation + 2

    def test_an_epoch_can_begin_with_a_watermark(self, checkpoints: Checkpoints, lease: Lease) -> None:
        resume = a_resume(last=None, is_first_run=True)
        assert checkpoints.begin_epoch(lease, a_beginning(version=12, resume=resume))
        found = loaded(checkpoints)
        assert (found.version, found.skipped_to, found.last_offset) == (12, 12, None)
        assert (found.base, found.begin_version, found.object_id, found.side_table) == (2, 5, 1001, 2001)
        assert found.definition == resume.definition

    def test_the_epoch_of_another_mongo_can_go_on(self, checkpoints: Checkpoints, lease: Lease) -> None:
        assert checkpoints.announce_adoption(lease, epoch="theirs", generation=40)
        assert loaded(checkpoints).adopts_epoch == "theirs"
        lease = replace(lease, generation=40)
        assert checkpoints.begin_epoch(lease, a_beginning(epoch="theirs", version=12, number=9, resume=a_resume()))
        found = loaded(checkpoints)
        assert (found.epoch, found.version, found.last_offset) == ("theirs", 12, an_offset(4, number=8, epoch="theirs"))
        assert (found.sealed_generation, found.window_number, found.adopts_epoch) == (40, 9, None)
        assert found.skipped_to is None

    def test_an_announced_generation_is_the_leases(
        self, checkpoints: Checkpoints, leases: Leases, lease: Lease
    ) -> None:
        assert checkpoints.announce_adoption(lease, epoch="theirs", generation=40)
        leases.release(lease)
        assert acquired_lease(leases).generation == 41

    # Definitions

    def test_a_definition_is_remembered_with_who_brought_it(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(brings_definition=True, host="nhà-thuốc-1"))
        found = loaded(checkpoints)
        assert (found.defined_by, found.superseded) == ("nhà-thuốc-1", ())
        assert found.defined_at is not None

    def test_what_was_superseded_is_remembered_until_it_is_adopted(
        self, checkpoints: Checkpoints, lease: Lease
    ) -> None:
        begin(checkpoints, lease)
        seal = a_seal(definition="third", brings_definition=True, superseded=("first", "second"))
        assert checkpoints.seal(lease, seal)
        assert checkpoints.close(lease, an_open_window(), {})
        changes = a_seal(expected_version=7, definition="third", window=an_open_window(number=2))
        assert checkpoints.seal(lease, changes)
        assert loaded(checkpoints).superseded == ("first", "second")
        assert checkpoints.adopt(lease, superseded=["second"])
        assert loaded(checkpoints).superseded == ("second",)

    def test_it_outlives_its_epoch(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(brings_definition=True, superseded=("old",)))
        assert checkpoints.end_epoch(lease, number=9, reason="journal has holes")
        begin(checkpoints, lease)
        assert (loaded(checkpoints).superseded, loaded(checkpoints).definition) == (("old",), "definition")

    # Sealing

    def test_a_seal_advances_the_watermark_and_opens_the_window(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        seal = a_seal(window=an_open_window(after=an_offset(3, number=0)))
        assert checkpoints.seal(lease, seal)
        assert loaded(checkpoints) == Checkpoint(
            version=7,
            epoch="epoch",
            sealed_generation=1,
            open_window=seal.window,
            window_number=1,
            last_offset=an_offset(1),
            begin_version=0,
            object_id=1001,
            side_table=2001,
            definition="definition",
            base=1,
            epoch_reason="first_run",
            store=loaded(checkpoints).store,
        )

    def test_a_baseline_is_remembered_until_the_next(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(baseline="first_run"))
        checkpoints.close(lease, an_open_window(), {})
        changes = a_seal(expected_version=7, version=9, window=an_open_window(id="window-2", number=2))
        assert checkpoints.seal(lease, changes)
        found = loaded(checkpoints)
        assert found.last_baseline is not None
        assert (found.last_baseline["reason"], found.last_baseline["version"]) == ("first_run", 7)

    def test_a_baseline_takes_what_a_first_run_has_skipped(self, checkpoints: Checkpoints, lease: Lease) -> None:
        resume = a_resume(last=None, is_first_run=True)
        assert checkpoints.begin_epoch(lease, a_beginning(version=7, resume=resume))
        assert checkpoints.seal(lease, a_seal(expected_version=7, version=9))
        assert checkpoints.close(lease, an_open_window(), {})
        assert loaded(checkpoints).skipped_to == 7
        again = a_seal(expected_version=9, version=11, window=an_open_window(id="window-3"), baseline="restored")
        assert checkpoints.seal(lease, again)
        assert loaded(checkpoints).skipped_to is None

    def test_a_window_without_rows_can_be_sealed(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(window=an_open_window(count=0), last_offset=None))
        assert loaded(checkpoints).last_offset is None

    @pytest.mark.parametrize(
        "expected",
        [{"expected_version": 6}, {"expected_version": None}, {"expected_epoch": "another"}],
        ids=["other watermark", "no watermark", "other epoch"],
    )
    def test_a_seal_compares_watermark_and_epoch(
        self, checkpoints: Checkpoints, lease: Lease, expected: dict[str, Any]
    ) -> None:
        seal_and_close(checkpoints, lease)
        before = loaded(checkpoints)
        seal = replace(
            a_seal(expected_version=7, version=8, window=an_open_window(id="window-2", number=2)), **expected
        )
        assert not checkpoints.seal(lease, seal)
        assert loaded(checkpoints) == before

    def test_version_0_is_a_watermark(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal(version=0))
        assert checkpoints.close(lease, an_open_window(), {})
        assert loaded(checkpoints).version == 0
        assert not checkpoints.seal(lease, a_seal(expected_version=None))
        assert checkpoints.seal(lease, a_seal(expected_version=0))

    def test_no_seal_over_an_open_window(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        second = a_seal(expected_version=7, version=8, window=an_open_window(id="window-2", number=2))
        assert not checkpoints.seal(lease, second)
        assert loaded(checkpoints).open_window == an_open_window()

    # Closing

    def test_a_closed_cycle_leaves_its_summary(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert checkpoints.close(lease, an_open_window(), {"dispatched": 2})
        found = loaded(checkpoints)
        assert found.open_window is None
        assert found.last_window == {"id": "window-1", "number": 1, "dispatched": 2}
        assert (found.version, found.last_offset) == (7, an_offset(1))

    def test_only_the_open_window_is_closed(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert not checkpoints.close(lease, an_open_window(id="another"), {})
        assert loaded(checkpoints).open_window == an_open_window()

    # The owner

    def test_a_former_owner_writes_nothing(self, checkpoints: Checkpoints, former: Lease) -> None:
        before = loaded(checkpoints)
        assert not checkpoints.seed_window_number(former, 41)
        assert not checkpoints.begin_epoch(former, a_beginning())
        assert not checkpoints.announce_adoption(former, epoch="epoch", generation=9)
        assert not checkpoints.adopt(former, superseded=())
        assert not checkpoints.stop_source(former, epochs=0, within=timedelta(minutes=10))
        assert not checkpoints.end_epoch(former, number=9, reason="journal has holes")
        assert loaded(checkpoints) == before

    def test_a_former_owner_does_not_seal(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        begin(checkpoints, lease)
        leases.release(lease)
        assert leases.acquire(SOURCE) is not None
        assert not checkpoints.seal(lease, a_seal())
        assert loaded(checkpoints).version is None

    def test_a_former_owner_does_not_close(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        leases.release(lease)
        assert leases.acquire(SOURCE) is not None
        assert not checkpoints.close(lease, an_open_window(), {})
        assert loaded(checkpoints).open_window == an_open_window()

    def test_a_lease_writes_only_its_own_source(self, checkpoints: Checkpoints, leases: Leases, lease: Lease) -> None:
        other = leases.acquire("default.import")
        assert other is not None
        assert not checkpoints.seed_window_number(replace(lease, source="default.import"), 41)
        assert checkpoints.load(["default.import"])["default.import"].window_number is None
