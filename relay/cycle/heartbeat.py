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

    Where its patience with the work ends, the lease is left to expire and the work is given up.
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

    @contextmanager
    def over(
        self, lease: Lease, progress: Progress, *, on_stall: Callable[[], None], renew_fence: Callable[[], None]
    ) -> Iterator[None]:
        """Keep the lease alive inside the block, and the fence fresh; `on_stall` is called once, from another thread,
        when nothing moves: it gives the work up."""
        progress.moved()
        done = threading.Event()
        # Two threads: a renewal of the fence may wait for SQL Server, and the lease must not wait with it.
        threads = [
            threading.Thread(
                target=self._beat, args=(lease, progress, on_stall, done), name=f"lease-{lease.source}", daemon=True
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

    def _beat(self, lease: Lease, progress: Progress, on_stall: Callable[[], None], done: threading.Event) -> None:
        began = reported = self._clock()
        while not done.wait(self._interval):
            # guard: stall
            if progress.is_stalled:
                self._give_up(lease, progress, on_stall)
                return
            if self._clock() - reported >= REPORT_SECONDS:
                reported = self._clock()
                self._report(lease, progress, reported - began)
            if not self._renew(lease):
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

    def _give_up(self, lease: Lease, progress: Progress, on_stall: Callable[[], None]) -> None:
        """If this fails, the connection is gone, and the work notices that itself."""
        progress.stalled_at = progress.step
        self._log.warning(
            "stalled", source=lease.source, step=progress.step.value, seconds=round(progress.patience_seconds, 1)
        )
        try:
            on_stall()
        except Exception as error:
            self._log.warning("not_cancelled", source=lease.source, error=error_text(error))

    def _renew(self, lease: Lease) -> bool:
        """False: the lease is somebody else's; the work finds out by itself at its next check."""
        try:
            # guard: heartbeat
            return self._leases.renew(lease)
        except Exception as error:
            self._log.warning("lease_not_renewed", source=lease.source, error=error_text(error))
            return True
