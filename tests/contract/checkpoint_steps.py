"""Steps that tests of checkpoints share."""

from __future__ import annotations

from common.database.ports import Checkpoints, Leases
from common.database.records import Checkpoint, Lease
from tests.support.samples import a_beginning, a_seal, an_open_window

SOURCE = "default.sale"


def acquired_lease(leases: Leases) -> Lease:
    lease = leases.acquire(SOURCE)
    assert lease is not None
    return lease


def loaded(checkpoints: Checkpoints) -> Checkpoint:
    return checkpoints.load([SOURCE])[SOURCE]


def begin(checkpoints: Checkpoints, lease: Lease) -> None:
    assert checkpoints.begin_epoch(lease, a_beginning())


def seal_first_window(checkpoints: Checkpoints, lease: Lease) -> None:
    begin(checkpoints, lease)
    assert checkpoints.seal(lease, a_seal(epoch_starts=loaded(checkpoints).epoch_starts))
    assert checkpoints.end_epoch(lease, number=1, reason="restored")


def seal_and_close(checkpoints: Checkpoints, lease: Lease) -> None:
    begin(checkpoints, lease)
    assert checkpoints.seal(lease, a_seal())
    assert checkpoints.close(lease, an_open_window(), {})
