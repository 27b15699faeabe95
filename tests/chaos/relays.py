"""Relay as people run it: two workers, one with the beat, each with its clock and started again when it was killed."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from celery import Celery
from sandbox.processes import Child, stop_all

from common.config import Settings, load_settings
from relay.celery_app import configuration
from tests.chaos.clock import Clock
from tests.chaos.obituaries import Death, deaths_in

PROJECT = Path(__file__).parents[2]
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
ANSWER_SECONDS = 1.0
WORKER = ("celery", "-A", "relay.celery_app", "worker")


class Relays:
    """Processes by their names."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
        self._folder, self._settings = folder, environment
        self._environment = {**rest, **environment, "PYTHONPATH": str(PROJECT)}
        self._clocks = {name: Clock(folder / f"{name}.clock") for name in ("relay-1", "relay-2")}
        self._commands = {
            "relay-1": ["-n", "one@%h", "--beat"],
            "relay-2": ["-n", "two@%h", "--concurrency", "3"],
        }
        self._running: dict[str, Child] = {}
        self._logs: list[Path] = []
        self._killed: set[int] = set()
        self.revived = 0

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        return list(self._commands)

    def start(self, name: str, settings: Mapping[str, str] = NO_SETTINGS) -> None:
        """Start it, with these settings in place of its own; every start has a log of its own."""
        on_its_clock = ["-m", "tests.chaos.clock", str(self._clocks[name].path)]
        self._running[name] = self._start(name, [*on_its_clock, *WORKER, *self._commands[name]], settings)

    def start_stranger(self, settings: Mapping[str, str]) -> Child:
        """Another worker, with these settings in place of its own, that nobody starts again. The caller ends it."""
        return self._start("stranger", ["-m", *WORKER, "-n", "stranger@%h"], settings)

    def start_scan(self, settings: Mapping[str, str]) -> Child:
        """`relay scan`, with these settings in place of its own. The caller waits for it."""
        return self._start("scan", [str(Path(sys.executable).parent / "relay"), "scan"], settings)

    def _start(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> Child:
        self._logs.append(self._folder / f"{name}-{len(self._logs) + 1:03}.log")
        environment = {**self._environment, **settings}
        return Child.start(name, [sys.executable, *arguments], log=self._logs[-1], env=environment, cwd=self._folder)

    def kill(self, name: str) -> None:
        """kill -9 the worker and all its processes."""
        self._running[name].kill_group()

    def revive(self) -> None:
        """Start again what ended by itself, as systemd or Docker do."""
        for name, child in list(self._running.items()):
            if child.exit_code is not None:
                self.revived += 1
                self.start(name)

    def kill_a_process(self, chance: random.Random, number: signal.Signals) -> None:
        """End one process of the second relay's pool by a signal; the first one's beat is nobody's to start again."""
        parent = self._running["relay-2"].pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children:
            self.end_process(int(chance.choice(children)), number)

    def end_process(self, process: int, number: signal.Signals) -> None:
        """End this process of a pool by a signal."""
        self._killed.add(process)
        with suppress(ProcessLookupError):
            os.kill(process, number)

    def processes_at(self, task: str) -> set[int]:
        """Those of the pools that are at this task, as their workers say."""
        app = Celery("chaos", set_as_current=False)
        app.conf.update(configuration(load_settings(_env_file=None, **self._settings)))
        with app.connection_for_write() as connection:
            answers = app.control.inspect(timeout=ANSWER_SECONDS, connection=connection).active() or {}
        return {int(each["worker_pid"]) for tasks in answers.values() for each in tasks if each["name"] == task}

    def deaths(self) -> list[Death]:
        """Processes of a pool that a signal ended, but for those that were killed here."""
        return [death for log in self._logs for death in deaths_in(log) if death.process not in self._killed]

    def put_clock(self, name: str, ahead: float) -> None:
        """Put this relay's clock to so many seconds before the real time."""
        self._clocks[name].put(ahead)

    def ahead(self, name: str) -> float:
        """How many seconds this relay's clock is before the real time."""
        return self._clocks[name].ahead

    def tails(self) -> str:
        """The end of each log."""
        return "\n".join(f"{name}:\n{child.tail()}" for name, child in self._running.items())

    def stop(self) -> None:
        """Stop them all."""
        stop_all(self._running.values())
