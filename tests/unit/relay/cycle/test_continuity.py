"""Every state in which a table cannot be read, with its remedy; every reason for a baseline or a new epoch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from common.database.errors import ConfigurationError
from common.database.records import Checkpoint, Fence, TableState
from relay.cycle.continuity import accepts_fence, why_baseline, why_new_epoch
from relay.cycle.reasons import Reason
from relay.sources.builtin import SALE
from relay.sources.readable import check_state
from tests.support.samples import a_checkpoint

CHECKPOINT = a_checkpoint(version=7, sealed_generation=3, definition=SALE.definition)
FENCE = Fence(version=7, epoch="epoch", generation=3)
STATE = TableState(
    current_version=9, object_id=1001, min_valid=2, begin_version=0, side_table=2001, updateable=True, fence=FENCE
)


# What cannot be read


def test_a_table_that_can_be_read_passes() -> None:
    check_state(SALE, STATE)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ({"updateable": False}, "must be read on the primary"),
        ({"current_version": None}, "change tracking is off for the database; run: alembic upgrade head"),
        ({"object_id": None, "min_valid": None, "begin_version": None}, "create it, or GRANT SELECT"),
        ({"begin_version": None, "min_valid": None}, "run: relay enable sale, or GRANT VIEW CHANGE TRACKING"),
        ({"min_valid": None}, "GRANT SELECT, VIEW CHANGE TRACKING ON dbo.SalesInvoices"),
        ({"current_version": 1, "min_valid": 2}, "as on a readable secondary; connect to the primary"),
    ],
    ids=["read-only", "tracking off", "no table", "not tracked", "no right", "nonsense"],
)
def test_what_cannot_be_read_is_named_with_its_remedy(state: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_state(SALE, replace(STATE, **state))
    assert str(caught.value).startswith("source sale: ")
    assert remedy in str(caught.value)


def test_a_database_that_has_seen_no_transaction_can_be_read() -> None:
    check_state(SALE, replace(STATE, current_version=0, min_valid=0))


# The fence


@pytest.mark.parametrize(
    ("fence", "accepted"),
    [
        (FENCE, True),
        (Fence(version=8, epoch="epoch", generation=4), True),
        (Fence(version=8, epoch="epoch", generation=5), True),
        (Fence(version=8, epoch="epoch", generation=6), False),
        (Fence(version=6, epoch="epoch", generation=3), False),
        (Fence(version=7, epoch="epoch", generation=2), False),
        (Fence(version=7, epoch="another", generation=3), False),
        (Fence(version=7, epoch="epoch", generation=3, store="another"), False),
        (None, False),
    ],
    ids=[
        "sealed",
        "died unsealed",
        "our own",
        "later",
        "other version",
        "earlier",
        "other epoch",
        "other Mongo",
        "none",
    ],
)
def test_the_fence_is_the_last_seals_or_that_of_an_attempt_since(fence: Fence | None, accepted: bool) -> None:
    assert accepts_fence(fence, CHECKPOINT, generation=5) is accepted


def test_an_epoch_without_a_seal_stands_at_version_0() -> None:
    begun = Checkpoint(epoch="epoch", sealed_generation=3)
    assert accepts_fence(Fence(version=0, epoch="epoch", generation=3), begun, generation=5)
    assert not accepts_fence(Fence(version=1, epoch="epoch", generation=3), begun, generation=5)


@pytest.mark.parametrize(
    ("fence", "checkpoint", "reason"),
    [
        (None, Checkpoint(), Reason.FIRST_RUN),
        (FENCE, Checkpoint(), Reason.CHECKPOINT_LOST),
        (None, CHECKPOINT, Reason.FENCE_MISSING),
        (replace(FENCE, version=6), CHECKPOINT, Reason.FENCE_OLDER),
        (replace(FENCE, generation=2), CHECKPOINT, Reason.FENCE_OLDER),
        (replace(FENCE, epoch="another", generation=2), CHECKPOINT, Reason.FENCE_OLDER),
        (replace(FENCE, generation=9), CHECKPOINT, Reason.FENCE_NEWER),
        (replace(FENCE, epoch="another", generation=9), CHECKPOINT, Reason.FENCE_NEWER),
        (replace(FENCE, store="another"), CHECKPOINT, Reason.OTHER_MONGO),
        (FENCE, Checkpoint(window_number=4, epoch_reason=Reason.QUEUE_AHEAD), Reason.QUEUE_AHEAD),
        (None, Checkpoint(window_number=4, epoch_reason=Reason.JOURNAL_HOLES), Reason.JOURNAL_HOLES),
        (FENCE, Checkpoint(epoch="begun", sealed_generation=4, epoch_reason=Reason.FENCE_OLDER), Reason.FENCE_OLDER),
        (FENCE, Checkpoint(epoch="begun", sealed_generation=2, epoch_reason=Reason.FIRST_RUN), Reason.FENCE_NEWER),
        (None, Checkpoint(epoch="begun", sealed_generation=2, epoch_reason=Reason.FIRST_RUN), Reason.FENCE_MISSING),
    ],
)
def test_a_new_epoch_has_a_reason(fence: Fence | None, checkpoint: Checkpoint, reason: Reason) -> None:
    assert why_new_epoch(fence, checkpoint) is reason


# Baselines


def test_changes_are_read_while_nothing_speaks_against_it() -> None:
    assert why_baseline(SALE, CHECKPOINT, STATE) is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"object_id": 1002}, Reason.TABLE_RECREATED),
        ({"min_valid": 8}, Reason.RETENTION_PASSED),
        ({"begin_version": 7}, Reason.TRUNCATED),
        ({"begin_version": 7, "side_table": 2002}, Reason.TRACKING_SWITCHED),
        ({"side_table": 2002}, Reason.TRACKING_SWITCHED),
        ({"begin_version": 7, "side_table": None}, Reason.TRACKING_RESTARTED),
        ({"current_version": 6}, Reason.VERSION_WENT_BACK),
    ],
)
def test_a_state_that_is_not_the_sealed_ones_leads_to_a_baseline(state: dict[str, Any], reason: Reason) -> None:
    assert why_baseline(SALE, CHECKPOINT, replace(STATE, **state)) is reason


@pytest.mark.parametrize(
    "state", [{"min_valid": 7}, {"current_version": 7}, {"side_table": None}], ids=["min_valid", "current", "no right"]
)
def test_a_watermark_on_the_edge_is_good(state: dict[str, Any]) -> None:
    assert why_baseline(SALE, CHECKPOINT, replace(STATE, **state)) is None


@pytest.mark.parametrize(
    "change",
    [{"status_column": "state"}, {"pending_value": "OPEN"}, {"args": ("id",)}, {"table": "Sales"}, {"schema": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_a_source_that_takes_other_rows_leads_to_a_baseline(change: dict[str, Any]) -> None:
    assert why_baseline(replace(SALE, **change), CHECKPOINT, STATE) is Reason.DEFINITION_CHANGED


@pytest.mark.parametrize("change", [{"task": "sale.other"}, {"queue": "other_queue"}], ids=["task", "queue"])
def test_where_a_row_goes_does_not_lead_to_a_baseline(change: dict[str, Any]) -> None:
    assert why_baseline(replace(SALE, **change), CHECKPOINT, STATE) is None


def test_version_0_is_a_watermark() -> None:
    at_0 = replace(CHECKPOINT, version=0)
    assert why_baseline(SALE, at_0, replace(STATE, min_valid=0)) is None


@pytest.mark.parametrize(
    ("epoch_reason", "reason"), [(None, Reason.FIRST_RUN), (Reason.FENCE_OLDER, Reason.FENCE_OLDER)]
)
def test_without_a_watermark_the_baseline_has_the_reason_of_the_epoch(epoch_reason: str | None, reason: Reason) -> None:
    begun = Checkpoint(epoch="epoch", epoch_reason=epoch_reason)
    assert why_baseline(SALE, begun, STATE) is reason
