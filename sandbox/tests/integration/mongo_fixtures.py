"""MongoDB stand-ins for tests: in this process, or in one of their own that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

Client = MongoClient[dict[str, Any]]


class MongoProcess:
    """`python -m sandbox.mongo` with a data directory; can be killed and started again on the same port or another."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "sandbox.mongo", "--data", str(data), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        word, self.host, port = line.split()
        assert word == "ready"
        self.port = int(port)

    def kill(self) -> None:
        """As a power switch would, for this process alone."""
        self.process.kill()
        self._finish()

    def terminate(self) -> int:
        """Ask it to end; returns its exit status."""
        self.process.terminate()
        return self._finish()

    def _finish(self) -> int:
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(timeout=20)


@contextmanager
def mongo_process(data: Path, *options: str, **environment: str) -> Iterator[MongoProcess]:
    """A process that is gone afterwards, whatever happens."""
    process = MongoProcess(data, *options, **environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.kill()


@contextmanager
def connected(port: int, **options: Any) -> Iterator[Client]:
    """A client that gives up soon instead of waiting half a minute."""
    client: Client = MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=10_000, **options)
    try:
        yield client
    finally:
        client.close()
