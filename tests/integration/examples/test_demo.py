"""`make demo` as a stranger starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from sandbox.waiting import wait_until

from common.database.mongo_client import MongoStore
from examples.pharmacy.demo.observer import Observer
from examples.pharmacy.demo.programs import Workshop
from tests.support.samples import a_dispatch

PROJECT = Path(__file__).parents[3]
DEMO = [sys.executable, "-m", "examples.pharmacy", "demo"]
START_SECONDS = 60.0
STOP_SECONDS = 60.0


def environment_elsewhere() -> dict[str, str]:
    """For a folder without an `.env` of the developer's, where the sample is found all the same."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}


def test_every_document_is_accounted_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--seconds", "6", "--json"],
        cwd=tmp_path,
        env=environment_elsewhere(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert set(verdict) == {"inserted", "dispatched", "processed", "lost", "duplicates", "p50_ms", "p99_ms"}
    assert verdict["inserted"] > 0
    assert verdict["inserted"] == verdict["dispatched"] == verdict["processed"]
    assert (verdict["lost"], verdict["duplicates"]) == (0, 0)
    assert 0 < verdict["p50_ms"] <= verdict["p99_ms"]


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    # In a session of its own, as at a terminal: Ctrl-C reaches the whole group.
    with subprocess.Popen(
        DEMO,
        cwd=tmp_path,
        env=environment_elsewhere(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            family = psutil.Process(process.pid)
            wait_until(lambda: len(family.children(recursive=True)) >= 4, timeout=START_SECONDS)
            started = family.children(recursive=True)
            for member in [family, *family.children()]:
                member.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=STOP_SECONDS)
            assert process.returncode == 130, errors
            assert "Traceback" not in errors
            wait_until(lambda: not any(child.is_running() for child in started), message="processes are left")
        finally:
            process.kill()


def test_each_source_is_counted_for_itself(
    mongo_store: MongoStore, environment: dict[str, str], tmp_path: Path
) -> None:
    dispatch = a_dispatch(0)
    mongo_store.journal.prepare([dispatch])
    mongo_store.journal.mark_pending([dispatch])
    with Observer(Workshop(folder=tmp_path, environment=environment)) as observer:
        observer.look()
        assert observer.verdict_of("sale").dispatched == 1
        assert observer.verdict_of("import").dispatched == 0
