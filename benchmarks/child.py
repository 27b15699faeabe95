"""Each variant runs in a process of its own: `python -m benchmarks.child MODULE:FUNCTION '{"argument": ...}'`.

The function returns a JSON object, which is the process's last line. The services are named by the environment.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.processes import stop_at_signals

from common.config import Settings

LONGEST_SECONDS = 1800


class Clock:
    """Seconds by the wall and of this process's processor time, between the ends of `running`."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu

    def figures(self, rows: int) -> dict[str, float]:
        """`{rows, wall, cpu, peak_mb}`: seconds, and the process's largest size in MiB."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"rows": rows, "wall": self.wall, "cpu": self.cpu, "peak_mb": peak}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A function of this package, `module:function`, the settings of its process, and its arguments."""

    function: str
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


def run_child(function: str, settings: Mapping[str, str], **arguments: Any) -> dict[str, Any]:
    """Run `module:function` of this package in a process of its own. Raises RuntimeError with what it said."""
    with side_by_side({"": Call(function=function, settings=settings, arguments=arguments)}) as results:
        return results()[""]


@contextmanager
def side_by_side(calls: Mapping[str, Call]) -> Iterator[Callable[[], Mapping[str, dict[str, Any]]]]:
    """The same for some, each in a process of its own, until the block is left; gives what waits for their results."""
    processes = {name: _start(call) for name, call in calls.items()}
    try:
        yield lambda: {name: _result(calls[name], process) for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait()


def _start(call: Call) -> subprocess.Popen[str]:
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    command = [sys.executable, "-m", "benchmarks.child", call.function, json.dumps(call.arguments)]
    environment = {**rest, "RELAY_LOG_LEVEL": "ERROR", **call.settings}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _result(call: Call, process: subprocess.Popen[str]) -> dict[str, Any]:
    printed, said = process.communicate(timeout=LONGEST_SECONDS)
    if process.returncode:
        raise RuntimeError(f"{call.function} ended with {process.returncode}:\n{printed}{said}")
    result: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return result


def main() -> None:
    """Run the function and print what it returns."""
    stop_at_signals()
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    print(json.dumps(function(**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
