"""`python -m sandbox up` as a process, as anybody would start it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from sandbox import env_file
from sandbox.waiting import wait_until

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class Up:
    """A sandbox in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], env_path: Path) -> None:
        self.process = process
        self.env_path = env_path

    @property
    def settings(self) -> dict[str, str]:
        """What its env file says."""
        return env_file.read(self.env_path)

    def children(self) -> list[psutil.Process]:
        """The processes that it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def await_env_file(self) -> None:
        """Wait until everything answers."""
        wait_until(
            lambda: self.env_path.exists() or self.process.poll() is not None, timeout=START_SECONDS, message="not up"
        )
        assert self.process.poll() is None, self.rest_of_output()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def terminate(self) -> int:
        """SIGTERM; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def rest_of_output(self) -> str:
        """What it printed and nobody has read yet; it must have ended."""
        assert self.process.stdout is not None
        return self.process.stdout.read()


@contextmanager
def start(env_path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start it, and wait for nothing; when the block is left it is gone, however that came about."""
    command = [sys.executable, "-m", "sandbox", "up", "--env-file", str(env_path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def running_up(env_path: Path, *options: str) -> Iterator[Up]:
    """A sandbox that answers, until the block is left."""
    with start(env_path, *options) as process:
        up = Up(process, env_path)
        try:
            up.await_env_file()
            yield up
        finally:
            if process.poll() is None:
                up.terminate()
