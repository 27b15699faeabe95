"""Relay on a bad day: one scan after the other, as ticks have them, until nothing more is to do."""

from __future__ import annotations

import time

from benchmarks.child import Clock
from benchmarks.loops import relay_of_settings
from relay.cycle.outcomes import Outcome
from relay.error_policy import is_transient
from relay.operations.service import find_work, scan
from relay.sources.builtin import SALE

HELD_SECONDS = 0.5
"""Between two looks at a source whose lease was not given back."""


def catch_up(longest: float) -> dict[str, float]:
    """`{rows, wall, cpu, peak_mb, baselines, lost_ticks}`: what scans pushed, again or for the first time.

    `baselines`: cycles that read one, or a piece of one. `lost_ticks`: scans that were given up, as one is that stalls.
    After `longest` seconds no further scan is begun.
    """
    clock, started = Clock(), time.monotonic()
    rows = baselines = lost_ticks = 0
    with relay_of_settings() as made:
        find_work(made, [SALE])
        with clock.running():
            while find_work(made, [SALE]) and time.monotonic() < started + longest:
                try:
                    reports = scan(made, SALE)
                except Exception as error:
                    if not is_transient(error):
                        raise
                    lost_ticks += 1
                    continue
                rows += sum(report.dispatched + report.repaired for report in reports)
                baselines += sum(report.baseline is not None for report in reports)
                if reports[-1].outcome is Outcome.HELD:
                    time.sleep(HELD_SECONDS)
    return {**clock.figures(rows), "baselines": baselines, "lost_ticks": lost_ticks}
