"""Waiting for locks in tests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sandbox.waiting import wait_until
from tests.unit.sqlserver.engine.client import Client

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"
PATIENCE = 10.0


@contextmanager
def waiting(client: Client, sql: str) -> Iterator[Future[Any]]:
    """The batch in a thread of its own, from when it waits for somebody until the block is over."""
    locks, spid = client.session.current.locks, client.session.spid
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(client.run, sql)
        wait_until(lambda: spid in locks.waiting or future.done(), PATIENCE)
        assert not future.done(), f"it did not wait: {future.exception() or future.result()}"
        try:
            yield future
            future.exception(PATIENCE)
        finally:
            if not future.done():
                client.session.cancel()
