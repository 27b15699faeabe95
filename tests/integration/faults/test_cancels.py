"""A heartbeat may cancel at any moment: before a statement, in it, at its end, between two, while they are closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import CutFault, DelayFault

from tests.support.cancels import READERS, ROWS
from tests.support.pharmacy import Desk

CANCELS = int(os.environ.get("RELAY_CANCELS", "60"))
"""A thousand take a minute."""
PROJECT = Path(__file__).parents[4]
READ = "CHANGETABLE(VERSION"
SECONDS = {"a statement that takes a second": (1.0, 1.2), "quick ones": (0.0, 0.4)}
"""How long the read is delayed, and up to when it is cancelled."""
ROUNDS = max(2, CANCELS // READERS // 5)
CUTS = 10
"""One reading in so many has its connection cut."""
LONGEST_SECONDS = 60 + CANCELS
AS_IT_SHOULD_BE = {"read", "HYT00", "08S01", "stalled", "not_cancelled"}
"""All rows, given up, cut; and what the heartbeats said: a cancel fails on a connection that was cut."""


@pytest.mark.timeout(LONGEST_SECONDS)
@pytest.mark.parametrize("kind", SECONDS)
def test_no_cancel_takes_the_process_along(
    kind: str, pharmacy: Desk, environment: dict[str, str], control: SqlServerControl
) -> None:
    """The driver dies of a statement that is cancelled while it is closed. Connections are cut meanwhile as well."""
    delay, latest = SECONDS[kind]
    for number in range(ROWS):
        pharmacy.insert(f"HĐ-{number}")
    if delay:
        control.arm(DelayFault(text=READ, milliseconds=round(1000 * delay), times=None))
    seen: Counter[str] = Counter()
    while seen["stalled"] < CANCELS:
        for number in range(ROUNDS * READERS // CUTS):
            control.arm(CutFault(text=READ, skip=CUTS * number))
        seen += _readings({**environment, "RELAY_STALL_SECONDS": "1", "RELAY_BATCH_SIZE": "3"}, seen.total(), latest)
    print(kind, dict(seen))
    assert set(seen) <= AS_IT_SHOULD_BE
    assert seen["HYT00"], "calls were met"
    assert seen["read"], "and others were not"


def _readings(environment: Mapping[str, str], seed: int, latest: float) -> Counter[str]:
    """What a process of its own saw. AssertionError when it did not end by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.cancels", str(seed), str(ROUNDS), str(latest)],
        env={**os.environ, **environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}\n{done.stderr[-2000:]}"
    return Counter(json.loads(done.stdout))
