"""Whether a cycle may begin at all, or a person has to decide first: `relay adopt`."""

from __future__ import annotations

from common.database.errors import ConfigurationError
from common.database.records import Checkpoint, Fence
from relay.cycle.reasons import SENTENCES, reason_of
from relay.sources.source import Source


def check_admission(source: Source, checkpoint: Checkpoint) -> None:
    """Raises ConfigurationError, with the remedy, for a source that is stopped, and for a definition that another one
    has replaced."""
    # guard: breaker-stays-open
    if checkpoint.stopped_at is not None:
        why = SENTENCES[reason_of(checkpoint.epoch_reason or "")]
        raise ConfigurationError(
            f"source {source.name}: stopped since {checkpoint.stopped_at:%Y-%m-%d %H:%M:%S} UTC, since its state was"
            f" begun anew too often ({why}): see that one relay alone works on it, with one MongoDB, one"
            f" database and one queue; then run: relay adopt {source.name}"
        )
    # guard: superseded-definition
    if source.definition in checkpoint.superseded:
        at = f" at {checkpoint.defined_at:%Y-%m-%d %H:%M:%S} UTC" if checkpoint.defined_at else ""
        raise ConfigurationError(
            f"source {source.name}: the relay on host {checkpoint.defined_by or '(unknown)'} brought another definition"
            f" of it{at}, and this process has an older one: start it with the same file of sources; to go back to the"
            f" older one on purpose, run: relay adopt {source.name}"
        )


def check_nobody_else_is_at_work(
    source: Source, fence: Fence | None, checkpoint: Checkpoint, *, fresh_seconds: float
) -> None:
    """Raises ConfigurationError where another Mongo's relay was seen lately."""
    if fence is None or fence.store == checkpoint.store:
        return
    # guard: another-mongo-at-work
    if fence.age_seconds < fresh_seconds:
        raise ConfigurationError(
            f"source {source.name}: a relay on host {fence.host or '(unknown)'} works on it with its state in"
            f" another MongoDB, or under another RELAY_DATABASE or MONGO_DB_NAME, and was seen"
            f" {fence.age_seconds:.0f} s ago: stop that one, or start this one with the same settings; to take the"
            f" source over on purpose, run: relay adopt {source.name}"
        )
