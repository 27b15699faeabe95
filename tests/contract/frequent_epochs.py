"""What every store of checkpoints promises of epochs that begin too often."""

from __future__ import annotations

from datetime import timedelta

from common.database.ports import Checkpoints
from common.database.records import Lease
from tests.contract.checkpoint_steps import begin, loaded, seal_and_close, seal_first_window
from tests.support.samples import a_beginning, a_seal


class FrequentEpochsContract:
    """A part of CheckpointsContract."""

    # Epochs that begin too often

    def test_a_source_is_stopped_when_epochs_were_sealed_too_often(
        self, checkpoints: Checkpoints, lease: Lease
    ) -> None:
        for _ in range(2):
            seal_first_window(checkpoints, lease)
            assert not checkpoints.stop_source(lease, epochs=3, within=timedelta(minutes=10))
        seal_first_window(checkpoints, lease)
        assert checkpoints.stop_source(lease, epochs=3, within=timedelta(minutes=10))
        assert loaded(checkpoints).stopped_at is not None
        assert checkpoints.adopt(lease, superseded=())
        assert loaded(checkpoints).stopped_at is None
        assert not checkpoints.stop_source(lease, epochs=3, within=timedelta(minutes=10))

    def test_epochs_that_began_long_ago_stop_nothing(self, checkpoints: Checkpoints, lease: Lease) -> None:
        for _ in range(3):
            seal_first_window(checkpoints, lease)
        assert not checkpoints.stop_source(lease, epochs=3, within=timedelta(0))

    def test_an_epoch_that_sealed_nothing_does_not_count(self, checkpoints: Checkpoints, lease: Lease) -> None:
        for _ in range(5):
            begin(checkpoints, lease)
        assert not checkpoints.stop_source(lease, epochs=3, within=timedelta(minutes=10))

    def test_a_new_epoch_forgets_watermark_and_last_offset(self, checkpoints: Checkpoints, lease: Lease) -> None:
        seal_and_close(checkpoints, lease)
        assert checkpoints.begin_epoch(lease, a_beginning(epoch="second", reason="restored", number=1))
        found = loaded(checkpoints)
        assert (found.epoch, found.version, found.last_offset, found.window_number) == ("second", None, None, 1)

    def test_no_epoch_begins_over_an_open_window(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert not checkpoints.begin_epoch(lease, a_beginning(epoch="second"))
        assert not checkpoints.announce_adoption(lease, epoch="second", generation=9)
        assert loaded(checkpoints).epoch == "epoch"

    def test_an_ended_epoch_leaves_only_the_count(self, checkpoints: Checkpoints, lease: Lease) -> None:
        begin(checkpoints, lease)
        assert checkpoints.seal(lease, a_seal())
        assert checkpoints.end_epoch(lease, number=9, reason="journal has holes")
        found = loaded(checkpoints)
        assert (found.epoch, found.version, found.last_offset, found.open_window) == (None, None, None, None)
        assert (found.window_number, found.epoch_reason) == (9, "journal has holes")
