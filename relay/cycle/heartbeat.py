"""Renews a lease, and the fence, while the holder makes progress, and gives one up that does not.

What takes long is told now and then, in the log: what the cycle is doing, how far it is, since when nothing has moved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from common.database.ports import Leases
from common.database.records import Lease
from common.error_text import error_text
from relay.cycle.options import RENEW_FENCE_SECONDS
from relay.cycle.ports import Log
from relay.cycle.progress import Progress

REPORT_SECONDS = 30.0
"""Between two lines of a cycle that takes long."""


class Heartbeat:
    """Threads beside the work, in the process that works.

    Where its patience with the work ends, the lease is left to expire and the work is given up; also where the lease
    is somebody else's, so that SQL Server does not go on for hours for nothing.
    """

    def __init__(
        self,
        leases: Leases,
        log: Log,
        *,
        interval_seconds: float,
        fence_interval_seconds: float = RENEW_FENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leases = leases
        self._log = log
        self._interval = interval_seconds
        self._fence_interval = fence_interval_seconds
        self._clock = clock
        self._told: float | None = None
        """When it was said last that the lease is not renewed; None: it is."""

    @contextmanager
    def over(
        self, lease: Lease, progress: Progress, *, give_up: Callable[[], None], renew_fence: Callable[[], None]
    ) -> Iterator[None]:
        """Keep the lease alive inside the block, and the fence fresh. `give_up` is called from another thread: once
        when nothing moves, and until the block ends when the lease is somebody else's."""
        progress.moved()
        done = threading.Event()
        # Two threads: a renewal of the fence may wait for SQL Server, and the lease must not wait with it.
        threads = [
            threading.Thread(
                target=self._beat, args=(lease, progress, give_up, done), name=f"lease-{lease.source}", daemon=True
            ),
            threading.Thread(
                target=self._keep, args=(lease, renew_fence, done), name=f"fence-{lease.source}", daemon=True
            ),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _beat(self, lease: Lease, progress: Progress, give_up: Callable[[], None], done: threading.Event) -> None:
        began = reported = self._clock()
        while not done.wait(self._interval):
            # guard: stall
            if progress.is_stalled:
                self._stall(lease, progress, give_up)
                return
            if self._clock() - reported >= REPORT_SECONDS:
                reported = self._clock()
                self._report(lease, progress, reported - began)
            if not self._renew(lease):
                self._call_off(lease, progress, give_up, done)
                return

    def _report(self, lease: Lease, progress: Progress, seconds: float) -> None:
        self._log.info(
            "working",
            source=lease.source,
            step=progress.step.value,
            done=progress.done,
            seconds=round(seconds),
            idle_seconds=round(progress.idle_seconds),
        )

    def _keep(self, lease: Lease, renew_fence: Callable[[], None], done: threading.Event) -> None:
        # guard: fence-renewed-by-cycle
        while not done.wait(self._fence_interval):
            try:
                renew_fence()
            except Exception as error:
                self._log.warning("fence_not_renewed", source=lease.source, error=error_text(error))

    def _stall(self, lease: Lease, progress: Progress, give_up: Callable[[], None]) -> None:
        progress.stalled_at = progress.step
        self._log.warning(
            "stalled", source=lease.source, step=progress.step.value, seconds=round(progress.patience_seconds, 1)
        )
        self._cancel(lease, give_up)

    def _call_off(self, lease: Lease, progress: Progress, give_up: Callable[[], None], done: threading.Event) -> None:
        """The lease is somebody else's. Until the work has noticed: it may be between two statements."""
        progress.is_for_nothing = True
        while True:
            # guard: lost-work-is-cancelled
            self._cancel(lease, give_up)
            if done.wait(self._interval):
                return

    def _cancel(self, lease: Lease, give_up: Callable[[], None]) -> None:
        """If this fails, the connection is gone, and the work notices that itself."""
        try:
            give_up()
        except Exception as error:
            self._log.warning("not_cancelled", source=lease.source, error=error_text(error))

    def _renew(self, lease: Lease) -> bool:
        """False: the lease is somebody else's."""
        try:
            # guard: heartbeat
            renewed = self._leases.renew(lease)
        except Exception as error:
            now = self._clock()
            # guard: told-now-and-then
            if self._told is None or now - self._told >= REPORT_SECONDS:
                self._told = now
                self._log.warning("lease_not_renewed", source=lease.source, error=error_text(error))
            return True
        self._told = None
        return renewed
