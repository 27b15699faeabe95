"""A first baseline whose relay is killed with -9 again and again, while documents go on coming."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pymongo
import redis
from pymongo.database import Database

from benchmarks.arrivals import POLL_SECONDS, Taker, Writer, milliseconds, poisson
from benchmarks.summary import Say
from benchmarks.worker import Worker, at_work
from benchmarks.world import World

INTERVAL = 10.0
"""Seconds between two ticks."""
SETTINGS = {"RELAY_SCAN_INTERVAL": str(INTERVAL), "RELAY_LEASE_SECONDS": "3"}
"""A lease that is over when the next relay has started: what is measured is what that one does."""
ARRIVALS_A_SECOND = 2.0
SHOPS = ("NT-00", "NT-02")
"""Before and after all keys of the baseline, whose shop is NT-01: a row in between waits until it is reached."""
LOOK_SECONDS = 0.2
"""Between two looks at the journal and at relay's memory."""
QUIET_SECONDS = 2.0
"""After the last row: what comes then came twice."""
PIECES = 40
"""Of a baseline."""


@dataclass(frozen=True, kw_only=True)
class Ordeal:
    """How large the baseline is, how often relay is killed, and when it is given up."""

    rows: int
    kills: int
    longest_seconds: float
    latest_kill_seconds: float = 3.0
    """A kill comes at any moment within this time from when the journal has grown so far."""

    @property
    def piece(self) -> int:
        """Rows that relay reads at a time."""
        return self.rows // PIECES


@dataclass(kw_only=True)
class Kills:
    """Kills the worker at random moments, one after each further part of the rows that is in the journal."""

    worker: Worker
    mongo: Database[dict[str, Any]]
    ordeal: Ordeal
    source: str
    read_again: list[int] = field(default_factory=list)
    """After each kill, rows that were prepared and not sealed."""
    _due: float | None = None

    def look(self) -> bool:
        """Kill it if the moment has come; gives whether it was killed."""
        self.worker.check()
        self.worker.look_at_memory()
        if self._due is None and self._has_grown():
            self._due = time.monotonic() + random.uniform(0, self.ordeal.latest_kill_seconds)
        if self._due is None or time.monotonic() < self._due:
            return False
        self._due = None
        self.worker.kill_and_restart()
        self.read_again.append(self._unsealed())
        return True

    def _has_grown(self) -> bool:
        number = len(self.read_again) + 1
        next_part = self.ordeal.rows * number / (self.ordeal.kills + 1)
        return number <= self.ordeal.kills and self.mongo.task_logs.estimated_document_count() >= next_part

    def _unsealed(self) -> int:
        checkpoint = self.mongo.checkpoints.find_one({"_id": self.source}) or {}
        later = {"source": self.source, "window": {"$gt": checkpoint.get("window_number") or 0}}
        return self.mongo.task_logs.count_documents(later)


def let_wait(world: World, ordeal: Ordeal, say: Say) -> World:
    """The services with all rows of the baseline."""
    here = world.afresh("bench_killed")
    here.add_backlog(ordeal.rows, "k")
    say(f"killed on the way: {ordeal.rows} rows wait")
    return here


def killed_baseline(here: World, ordeal: Ordeal, say: Say) -> dict[str, float]:
    """What comes of the rows that wait.

    `{rows, seconds, kills, missing, twice, pieces_read_again, peak_mb, arrivals, slowest_in_intervals}`.

    `missing`: documents that were not in their queue when it was given up. The last one: of what came meanwhile, from
    commit to queue, in intervals between two ticks.
    """
    settings = {**here.settings, **SETTINGS, "RELAY_BASELINE_ROWS": str(ordeal.piece)}
    writer = Writer(here.settings, poisson(ARRIVALS_A_SECOND, ordeal.longest_seconds, name="K", shops=SHOPS))
    with (
        TemporaryDirectory() as folder,
        redis.Redis(settings["REDIS_HOST"], int(settings["REDIS_PORT"])) as client,
        pymongo.MongoClient[dict[str, Any]](settings["MONGO_URI"]) as mongo,
        at_work(Path(folder), settings) as worker,
    ):
        kills = Kills(worker=worker, mongo=mongo[settings["MONGO_DB_NAME"]], ordeal=ordeal, source=here.checkpoint_id)
        taker, begun = Taker(client=client), time.perf_counter()
        try:
            _take_all(taker, writer, kills, say)
        finally:
            writer.stop()
        ended = time.perf_counter()
        time.sleep(QUIET_SECONDS)
        taker.take()
    here.drop_mongo()
    slowest = max(milliseconds(writer, taker, until=ended), default=0.0)
    found = {
        "rows": ordeal.rows,
        "seconds": ended - begun,
        "kills": len(kills.read_again),
        "missing": ordeal.rows + len(writer.committed) - len(taker.taken),
        "twice": taker.twice,
        "pieces_read_again": max(kills.read_again, default=0) / ordeal.piece,
        "peak_mb": worker.peak_mb,
        "arrivals": len(writer.committed),
        "slowest_in_intervals": slowest / 1000 / INTERVAL,
    }
    say(f"killed on the way: {found['kills']} kills, {found['seconds']:.0f} s, {found['missing']} rows missing")
    return found


def _take_all(taker: Taker, writer: Writer, kills: Kills, say: Say) -> None:
    """Until everything was taken that was written, or it has taken too long.

    Nothing comes before the first piece is out: until then it is not known which keys the baseline ends with.
    """
    rows, next_look = kills.ordeal.rows, 0.0
    until = time.monotonic() + kills.ordeal.longest_seconds
    while len(taker.taken) < rows + len(writer.committed) and time.monotonic() < until:
        if time.monotonic() >= next_look:
            if kills.look():
                say(f"killed on the way: {len(kills.read_again)} times, {len(taker.taken)} rows in their queues")
            next_look = time.monotonic() + LOOK_SECONDS
        if taker.taken and not writer.is_started:
            writer.start()
        if len(taker.taken) >= rows:
            writer.stop()
        if not taker.take():
            time.sleep(POLL_SECONDS)
