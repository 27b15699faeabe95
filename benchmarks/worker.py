"""Relay's worker with its beat, as people run it, watched from outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sandbox.processes import Child, stop_all

from common.config import Settings

PROJECT = Path(__file__).parents[1]


class Worker:
    """Can be killed and started again; `peak_mb` is that of the largest process that was ever looked at."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
        self._folder = folder
        self._environment = {**rest, "RELAY_LOG_LEVEL": "WARNING", **settings, "PYTHONPATH": str(PROJECT)}
        self._child = self._start()
        self.peak_mb = 0.0

    def _start(self) -> Child:
        celery = str(Path(sys.executable).parent / "celery")
        command = [celery, "-A", "relay.celery_app", "worker", "--beat"]
        return Child.start("relay", command, log=self._folder / "relay.log", env=self._environment, cwd=self._folder)

    def check(self) -> None:
        """Raise ChildDiedError when it has ended by itself."""
        self._child.check()

    def kill_and_restart(self) -> None:
        """kill -9 of all its processes, and a new start."""
        self._child.kill_group()
        self._child = self._start()

    def stop(self) -> None:
        """Ask it to end."""
        stop_all([self._child])

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far."""
        return sum(times.user + times.system for times in map(psutil.Process.cpu_times, self._family()))

    def look_at_memory(self) -> None:
        """Keep in mind how large its largest process is."""
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                self.peak_mb = max(self.peak_mb, process.memory_info().rss / 2**20)

    def tail(self) -> str:
        """The end of its log."""
        return self._child.tail()

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self._child.pid)
            return [parent, *parent.children(recursive=True)]
        return []


@contextmanager
def at_work(folder: Path, settings: Mapping[str, str]) -> Iterator[Worker]:
    """A worker with these settings, until the block is left."""
    worker = Worker(folder, settings)
    try:
        yield worker
    finally:
        worker.stop()
