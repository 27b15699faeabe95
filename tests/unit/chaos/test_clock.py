"""A program follows its clock, and nothing but the time of day is put off."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.chaos.clock import Clock

PROJECT = Path(__file__).parents[3]
HOUR = 3600.0
PROGRAM = """
import datetime, json, os, sys, time
from datetime import UTC, datetime as imported

print(json.dumps({
    "time": time.time(),
    "time_ns": time.time_ns() / 1e9,
    "now": imported.now(UTC).timestamp(),
    "local": datetime.datetime.now().timestamp(),
    "class": type(datetime.datetime.now()) is imported,
    "monotonic": time.monotonic(),
    "arguments": sys.argv[1:],
}))
"""


@pytest.mark.parametrize("ahead", [0.0, HOUR, -HOUR])
def test_a_program_tells_the_time_that_its_clock_says(ahead: float, tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.put(ahead)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.clock", str(clock.path), "program", "and", "more"],
        env={"PYTHONPATH": f"{PROJECT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    for name in ("time", "time_ns", "now", "local"):
        assert told[name] == pytest.approx(time.time() + ahead, abs=60), name
    assert told["monotonic"] == pytest.approx(time.monotonic(), abs=60)
    assert told["class"], "who has imported it has the same one"
    assert told["arguments"] == ["and", "more"]


def test_a_step_is_seen_by_a_program_that_runs(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    program = tmp_path / "program.py"
    program.write_text("import sys, time\nfor _ in sys.stdin:\n    print(time.time(), flush=True)\n")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.clock", str(clock.path), "program"],
        env={"PYTHONPATH": f"{PROJECT}:{tmp_path}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for ahead in (0.0, HOUR, -HOUR, 0.0):
            clock.put(ahead)
            child.stdin.write("\n")
            child.stdin.flush()
            assert float(child.stdout.readline()) == pytest.approx(time.time() + ahead, abs=60)
        child.stdin.close()
    assert child.returncode == 0
    assert abs(datetime.now().timestamp() - time.time()) < 60, "this process's is as it was"
