"""Relay as people run it: two workers, one with the beat, each started again when it was killed."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from common.config import Settings
from sandbox.processes import Child, stop_all

PROJECT = Path(__file__).parents[2]


class Relays:
    """Processes by their names."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
        self._folder = folder
        self._environment = {**rest, **environment, "PYTHONPATH": str(PROJECT)}
        celery = [str(Path(sys.executable).parent / "celery"), "-A", "relay.celery_app", "worker"]
        self._commands = {
            "relay-1": [*celery, "-n", "one@%h", "--beat", "-s", str(folder / "beat-schedule")],
            "relay-2": [*celery, "-n", "two@%h", "--concurrency", "3"],
        }
        self._running: dict[str, Child] = {}
        self._lives = 0
        self.revived = 0

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        return list(self._commands)

    def start(self, name: str) -> None:
        """Start it; every life has a log of its own."""
        self._lives += 1
        log = self._folder / f"{name}-{self._lives:03}.log"
        self._running[name] = Child.start(name, self._commands[name], log=log, env=self._environment, cwd=self._folder)

    def kill(self, name: str) -> None:
        """kill -9 the worker and all its processes."""
        self._running[name].kill_group()

    def revive(self) -> None:
        """Start again what ended by itself, as systemd or Docker do."""
        for name, child in list(self._running.items()):
            if child.exit_code is not None:
                self.revived += 1
                self.start(name)

    def kill_a_process(self, chance: random.Random) -> None:
        """kill -9 one process of the second relay's pool; the first one's beat is nobody's to start again."""
        parent = self._running["relay-2"].pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children:
            with suppress(ProcessLookupError):
                os.kill(int(chance.choice(children)), signal.SIGKILL)

    def tails(self) -> str:
        """The end of each log."""
        return "\n".join(f"{name}:\n{child.tail()}" for name, child in self._running.items())

    def stop(self) -> None:
        """Stop them all."""
        stop_all(self._running.values())
