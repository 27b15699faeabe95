"""Scanning: which sources have work, and cycles over one of them until nothing more waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from common.database.errors import ConfigurationError
from common.database.ports import Snapshot
from common.database.records import ChangedRow, Checkpoint, LastDispatch
from relay.cycle.outcomes import SENTENCES, CycleReport, Outcome
from relay.cycle.run import run_cycle
from relay.error_policy import as_configuration_error, describe_error, is_transient
from relay.operations.idle import Seen, look, renew_old_fences
from relay.operations.preview import Preview, preview
from relay.operations.status import SourceStatus, statuses
from relay.operations.stuck_rows import StuckRows, find_stuck_rows, make_judge, rows_to_resend
from relay.sources.source import Source
from relay.wiring import Relay

Done = TypeVar("Done")

ATTEMPTS = 3
"""Attempts per scan at a transient error; then it is left to the next scan."""
RETRY_SECONDS = 5.0
"""No retry once this much time has passed: a service that is away is left to the next tick."""
LONGEST_SCAN_SECONDS = 300.0
"""When a scan has taken this long, the rest of a backlog is left to the next tick, which another process may take."""


def find_work(
    relay: Relay,
    sources: Sequence[Source],
    renewing: Callable[[Source], AbstractContextManager[object]] = lambda _: nullcontext(),
) -> Sequence[Source]:
    """The idle check, over all sources at once: those with work. Raises what a cycle raises.

    `renewing` is entered around each renewal of a fence, and may see to what is raised there.
    """
    seen = see(relay, sources, renewing)
    return [source for source, each in zip(sources, seen, strict=True) if not each.is_idle]


def see(
    relay: Relay,
    sources: Sequence[Source],
    renewing: Callable[[Source], AbstractContextManager[object]] = lambda _: nullcontext(),
) -> Sequence[Seen]:
    """The same, with what was seen of each source, in their order; these have the name of this relay's database."""
    ports = relay.ports

    def renew_fence(source: Source, store: str) -> None:
        try:
            with renewing(source):
                ports.changes.renew_fence(source, store)
        except Exception as error:
            # The sources that were found still have work to do; the next look tries to renew again.
            ports.log.warning("fence_not_renewed", source=source.name, error=describe_error(error))

    own = [relay.own(source) for source in sources]
    seen = _patiently(
        "all sources", lambda: look(own, lambda _: ports.changes.states(own), ports.checkpoints, ports.publisher)
    )
    renew_old_fences(seen, renew_fence)
    return seen


def look_ahead(relay: Relay, source: Source) -> Preview:
    """What the next cycle over the source would send. Raises what a cycle raises."""
    ports = relay.ports
    return _patiently(
        f"source {source.name}",
        lambda: preview(relay.own(source), ports.changes, ports.checkpoints, relay.options),
    )


def scan(relay: Relay, source: Source) -> Sequence[CycleReport]:
    """Cycles over one source while windows come back full, or a baseline is under way: more waits behind them.

    Raises ConfigurationError for what a person must fix, otherwise the drivers' own errors.
    """
    until = time.monotonic() + LONGEST_SCAN_SECONDS
    reports = [_cycle(relay, source)]
    while _is_worth_another(relay, reports[-1]) and time.monotonic() < until:
        reports.append(_cycle(relay, source))
    return reports


def adopt(relay: Relay, source: Source) -> CycleReport:
    """One cycle that takes the source over from whoever had it, and lifts what stopped it.

    Raises what a cycle raises, and ConfigurationError where it sealed nothing: then its owner is still the old one.
    """
    own = relay.own(source)
    report = _patiently(
        f"source {source.name}",
        lambda: run_cycle(own, relay.ports, relay.options, relay.heartbeat(), adopts=True),
    )
    # guard: adoption-came-to-nothing
    if report.version is None:
        raise ConfigurationError(
            f"source {source.name}: it was not taken over ({SENTENCES[report.outcome]});"
            f" run again: relay adopt {source.name}"
        )
    return report


def look_at_status(relay: Relay, sources: Sequence[Source]) -> Sequence[SourceStatus]:
    """Where each source stands. Raises what a cycle raises, except problems of a single source."""
    ports = relay.ports
    return _patiently(
        "all sources",
        lambda: statuses(
            [relay.own(source) for source in sources],
            ports.changes,
            ports.checkpoints,
            ports.history,
            ports.publisher,
            queue_limit=relay.options.queue_limit,
            fresh_seconds=relay.options.fresh_seconds,
        ),
    )


def look_for_stuck(relay: Relay, source: Source) -> StuckRows:
    """Compare the source's pending rows with the task log. Raises what a cycle raises."""
    ports, limits = relay.ports, _limits(relay)
    return _patiently(
        f"source {source.name}",
        lambda: find_stuck_rows(relay.own(source), ports.changes, ports.checkpoints, ports.history, **limits),
    )


def resend_stuck(relay: Relay, source: Source) -> CycleReport:
    """One cycle that also sends again what is stuck or was missed. Raises what a cycle raises."""

    own = relay.own(source)

    def resend(
        snapshot: Snapshot, checkpoint: Checkpoint
    ) -> Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]:
        return rows_to_resend(make_judge(own, relay.ports.history, checkpoint, **_limits(relay)), snapshot)

    return _patiently(
        f"source {source.name}", lambda: run_cycle(own, relay.ports, relay.options, relay.heartbeat(), resend)
    )


def _limits(relay: Relay) -> dict[str, timedelta]:
    return {
        "stuck": timedelta(minutes=relay.settings.RELAY_STUCK_MINUTES),
        "log_kept": relay.settings.log_kept,
    }


def _is_worth_another(relay: Relay, report: CycleReport) -> bool:
    is_over = report.outcome in (Outcome.DONE, Outcome.EPOCH_ENDED)
    # guard: pieces-follow-at-once
    return is_over and (report.is_in_baseline or report.prepared >= relay.options.batch_size)


def _cycle(relay: Relay, source: Source) -> CycleReport:
    """One cycle; each attempt has a new generation."""
    own = relay.own(source)
    return _patiently(f"source {source.name}", lambda: run_cycle(own, relay.ports, relay.options, relay.heartbeat()))


def _patiently(what: str, work: Callable[[], Done]) -> Done:
    """Do it; after a transient error try again, with backoff and jitter.

    Raises ConfigurationError, which names `what`, for an error whose remedy is known; otherwise the error itself.
    """
    retrying = Retrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(RETRY_SECONDS),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        reraise=True,
    )
    try:
        return retrying(work)
    except Exception as error:
        raise as_configuration_error(error, what) or error from error
