"""Child processes: what they say, how they stop, and that they never outlive their parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox import parent_death
from sandbox.processes import Child, ChildDiedError, stop_all
from sandbox.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "log"


def test_a_child_that_ends_is_reported_with_its_last_words(log: Path) -> None:
    child = Child.start("speaker", [sys.executable, "-c", "print('all is lost'); raise SystemExit(3)"], log=log)
    child.wait(30)

    with pytest.raises(ChildDiedError, match=r"speaker exited with 3[\s\S]*all is lost"):
        child.check()


def test_a_child_that_was_killed_is_reported_with_the_signal(log: Path) -> None:
    child = Child.start("victim", SLEEP, log=log)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(30)

    with pytest.raises(ChildDiedError, match="victim was ended by SIGKILL"):
        child.check()


def test_a_program_that_does_not_exist_is_named(log: Path) -> None:
    child = Child.start("nobody", ["no-such-program-anywhere"], log=log)

    assert child.wait(30) == 127
    assert "no-such-program-anywhere: no such program" in child.tail()


def test_stopping_ends_also_those_that_do_not_listen(tmp_path: Path) -> None:
    willing = Child.start("willing", SLEEP, log=tmp_path / "1")
    deaf = Child.start("deaf", DEAF, log=tmp_path / "2")
    wait_until(lambda: "deaf" in deaf.log.read_text())

    stop_all([willing, deaf], seconds=0.5)

    assert deaf.exit_code == -signal.SIGKILL
    assert willing.exit_code == -signal.SIGTERM


def test_stopping_ends_the_grandchildren(log: Path) -> None:
    spawn = f"import subprocess; print(subprocess.Popen({SLEEP!r}).pid, flush=True)"
    child = Child.start("parent", [sys.executable, "-c", spawn], log=log)
    child.wait(30)
    grandchild = int(log.read_text())
    assert is_running(grandchild)

    stop_all([child])

    wait_until(lambda: not is_running(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_a_child_dies_with_a_parent_that_is_killed() -> None:
    program = (
        "import subprocess, sys, os; "
        f"child = subprocess.Popen([sys.executable, {parent_death.__file__!r}, str(os.getpid()), *{SLEEP!r}]); "
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until(lambda: psutil.Process(child).cmdline() == SLEEP)
        parent.kill()

    wait_until(lambda: not is_running(child))
