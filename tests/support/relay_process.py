"""Relay as people run it: processes of its own, which can be killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes import Child, stop_all

from common.config import Settings

PROJECT = Path(__file__).parents[2]


def start_relay(folder: Path, environment: Mapping[str, str]) -> Child:
    """`celery -A relay.celery_app worker --beat`; its log is in the folder."""
    return start_celery("relay", folder, environment, "worker", "--beat")


def start_celery(name: str, folder: Path, environment: Mapping[str, str], *arguments: str) -> Child:
    """`celery -A relay.celery_app` with these arguments; its log, of this name, is in the folder."""
    return _start(name, ["celery", "-A", "relay.celery_app", *arguments], folder, environment)


def start_scan(folder: Path, environment: Mapping[str, str]) -> Child:
    """`relay scan sale`."""
    return _start("scan", ["relay", "scan", "sale"], folder, environment)


@contextmanager
def running_relay(folder: Path, environment: Mapping[str, str]) -> Iterator[Child]:
    """Relay's worker with its beat, until the block is left."""
    relay = start_relay(folder, environment)
    try:
        yield relay
    finally:
        stop_all([relay])


def _start(name: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> Child:
    program, *options = command
    return Child.start(
        name,
        [str(Path(sys.executable).parent / program), *options],
        log=folder / f"{name}.log",
        env=environment_of(environment),
        cwd=folder,
    )


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a relay with these settings, and none of this process's own."""
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    path = os.pathsep.join(filter(None, [str(PROJECT), rest.get("PYTHONPATH")]))
    return {**rest, **settings, "PYTHONPATH": path}
