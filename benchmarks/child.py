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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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


def run_child(function: str, settings: Mapping[str, str], **arguments: Any) -> dict[str, Any]:
    """Run `module:function` of this package in a process of its own. Raises RuntimeError with what it said."""
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    command = [sys.executable, "-m", "benchmarks.child", function, json.dumps(arguments)]
    environment = {**rest, "RELAY_LOG_LEVEL": "ERROR", **settings}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{function} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Run the function and print what it returns."""
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    print(json.dumps(function(**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
