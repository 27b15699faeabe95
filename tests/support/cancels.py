"""A program that reads a table again and again while a heartbeat cancels it at random moments.

    python -m tests.support.cancels SEED ROUNDS LATEST     with relay's settings in the environment

LATEST: the heartbeats' patience is anything up to so many seconds.
A crash of the driver is this process's end by a signal. Otherwise it prints a JSON object: how many readings ended in
which way (`read`, or an SQLSTATE), and what the heartbeats said (`stalled`: they cancelled).
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.exc import DBAPIError

from common.config import Settings, load_settings
from common.database.mssql.errors import is_transient, sqlstate
from common.database.mssql_client import MSSQLClient
from common.database.records import Lease
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.progress import Progress
from relay.sources.builtin import SALE
from tests.support.stage import SilentLog

READERS = 20
ROWS = 30
"""Pending rows in the table."""
LEASE = Lease(source=SALE.id, owner="me", generation=1)
SLOWEST_BEAT_SECONDS = 0.05


class _OwnLeases:
    """Nobody else wants them."""

    def renew(self, _lease: Lease) -> bool:
        return True


def run(settings: Settings, *, seed: int, rounds: int, latest: float) -> Counter[str]:
    """Read `rounds` times in each of the READERS threads; how often each thing happened, by SQLSTATE."""
    with ThreadPoolExecutor(READERS) as threads:
        counted = threads.map(lambda number: _read_often(settings, f"{seed}-{number}", rounds, latest), range(READERS))
        return sum(counted, Counter[str]())


def _read_often(settings: Settings, seed: str, rounds: int, latest: float) -> Counter[str]:
    rng = random.Random(seed)
    client = MSSQLClient(settings)
    seen: Counter[str] = Counter()
    log = SilentLog()
    for _ in range(rounds):
        seen[_read(client, rng.uniform(0, latest), rng.uniform(0.001, SLOWEST_BEAT_SECONDS), log)] += 1
    client.close()
    return seen + Counter(event for event, _ in log.events)


def _read(client: MSSQLClient, patience: float, interval: float, log: SilentLog) -> str:
    """One reading under a heartbeat: `read`, or the SQLSTATE with which it ended."""
    leases: Any = _OwnLeases()
    heartbeat, progress = Heartbeat(leases, log, interval_seconds=interval), Progress(patience_seconds=patience)
    try:
        with heartbeat.over(LEASE, progress, give_up=lambda: client.cancel(SALE), renew_fence=lambda: None):
            with client.snapshot(SALE) as snapshot:
                keys = [row.key for rows in snapshot.pending() for row in rows]
                snapshot.end()
            pending = client.still_pending(SALE, keys, lambda: None)
    except DBAPIError as error:
        return sqlstate(error) if is_transient(error) else f"not transient: {error.orig}"
    return "read" if len(keys) == len(pending) == ROWS else f"{len(keys)} rows read, {len(pending)} pending"


def main() -> None:
    """See the module."""
    seed, rounds, latest = sys.argv[1:]
    print(json.dumps(run(load_settings(_env_file=None), seed=int(seed), rounds=int(rounds), latest=float(latest))))


if __name__ == "__main__":
    main()
