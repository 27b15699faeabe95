"""From commit to queue: relay as people run it, while documents come at a steady rate."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pyodbc
import redis
from sandbox.processes import Child, stop_all

from examples.pharmacy.connection import connect
from relay.sources.builtin import SALE

ROWS_A_SECOND = 200
POLL_SECONDS = 0.002
START_SECONDS = 60.0
INSERT = "INSERT INTO dbo.SalesInvoices (shop_pharmacy_code, local_invoice_id, status) VALUES (?, ?, 'PENDING_SYNC')"


def latency(settings: Mapping[str, str], *, interval: float, seconds: float) -> list[float]:
    """Milliseconds from commit to queue of each document that was written in `seconds` seconds."""
    with TemporaryDirectory() as folder, redis.Redis(settings["REDIS_HOST"], int(settings["REDIS_PORT"])) as client:
        worker = _worker(Path(folder), {**settings, "RELAY_SCAN_INTERVAL": str(interval)})
        connection = connect(settings)
        try:
            client.delete(SALE.queue)
            _await_first(connection, client, f"first-{interval}")
            return _measure(connection, client, f"L{interval}", round(seconds * ROWS_A_SECOND))
        finally:
            connection.close()
            stop_all([worker])


def _worker(folder: Path, settings: Mapping[str, str]) -> Child:
    celery = str(Path(sys.executable).parent / "celery")
    command = [celery, "-A", "relay.celery_app", "worker", "--beat", "-s", str(folder / "schedule")]
    environment = {**os.environ, **settings, "PYTHONPATH": str(Path.cwd()), "RELAY_LOG_LEVEL": "WARNING"}
    return Child.start("relay", command, log=folder / "relay.log", env=environment, cwd=folder)


def _await_first(connection: pyodbc.Connection, client: redis.Redis, name: str) -> None:
    connection.execute(INSERT, "NT-01", name)
    deadline = time.monotonic() + START_SECONDS
    while not client.llen(SALE.queue):
        if time.monotonic() > deadline:
            raise RuntimeError(f"relay dispatches nothing within {START_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)


def _measure(connection: pyodbc.Connection, client: redis.Redis, prefix: str, count: int) -> list[float]:
    committed: dict[str, float] = {}
    writer = threading.Thread(target=_write, args=(connection, prefix, count, committed))
    arrived: dict[str, float] = {}
    seen = client.llen(SALE.queue)
    writer.start()
    deadline = time.monotonic() + START_SECONDS + count / ROWS_A_SECOND
    while len(arrived) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{count - len(arrived)} of {count} documents did not arrive")
        length = client.llen(SALE.queue)
        if length > seen:
            now = time.perf_counter()
            arrived.update(dict.fromkeys(map(_name, client.lrange(SALE.queue, -length, -seen - 1)), now))
            seen = length
        time.sleep(POLL_SECONDS)
    writer.join()
    return [1000 * (arrived[name] - committed[name]) for name in committed]


def _write(connection: pyodbc.Connection, prefix: str, count: int, committed: dict[str, float]) -> None:
    started = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, started + number / ROWS_A_SECOND - time.perf_counter()))
        connection.execute(INSERT, "NT-01", f"{prefix}-{number}")
        committed[f"{prefix}-{number}"] = time.perf_counter()


def _name(message: bytes | str) -> str:
    return str(json.loads(base64.b64decode(json.loads(message)["body"]))[0][0])
