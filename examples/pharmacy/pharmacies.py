"""Simulated pharmacies, a thread each, that write documents until they are told to stop."""

from __future__ import annotations

import random
import signal
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from examples.pharmacy.connection import connect
from examples.pharmacy.json_lines import JsonLinesWriter
from examples.pharmacy.names import shop_code
from examples.pharmacy.pharmacy import HandIn, Pharmacy


def write(*, ledger: Path | None, rate: float, shops: int, seconds: float | None) -> None:
    """Have the pharmacies do `rate` things a second together until SIGTERM, or for `seconds`.

    Every hand-in goes into the ledger, a file of JSON lines. Raises the first error that one of them met.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    writer = JsonLinesWriter(ledger) if ledger is not None else None
    with ThreadPoolExecutor(shops) as threads:
        futures = [
            threads.submit(_work, shop_code(number), per_second=rate / shops, ledger=writer, stop=stop)
            for number in range(1, shops + 1)
        ]
        wait(futures, timeout=seconds, return_when=FIRST_EXCEPTION)
        stop.set()
    for future in futures:
        future.result()


def _work(shop: str, *, per_second: float, ledger: JsonLinesWriter | None, stop: threading.Event) -> None:
    """Act `per_second` times a second until `stop`; after a hold-up faster, until the lost time is made good."""
    connection = connect()

    def report(hand_in: HandIn) -> None:
        if ledger is not None:
            ledger.append(asdict(hand_in))

    try:
        pharmacy = Pharmacy(shop=shop, connection=connection, chance=random.Random(shop), report=report)  # noqa: S311
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            pharmacy.act()
            due += 1 / per_second
    finally:
        connection.close()
