"""Simulated pharmacies, a thread each, that write documents until they are told to stop.

    python -m examples.pharmacy.pharmacies [--ledger FILE] [--rate 80] [--shops 6] [--seconds 30]

Every hand-in goes into the ledger, a file of JSON lines. SIGTERM lets each finish what it is doing.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from examples.pharmacy.connection import connect
from examples.pharmacy.json_lines import JsonLinesWriter
from examples.pharmacy.names import shop_code
from examples.pharmacy.pharmacy import HandIn, Pharmacy


def work(shop: str, *, per_second: float, ledger: JsonLinesWriter | None, stop: threading.Event) -> None:
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


def main(
    ledger: Annotated[Path | None, typer.Option(help="file to which every hand-in is appended")] = None,
    rate: Annotated[float, typer.Option(help="things done a second, by all of them together")] = 80.0,
    shops: Annotated[int, typer.Option(help="number of pharmacies")] = 6,
    seconds: Annotated[float | None, typer.Option(help="how long", show_default="until SIGTERM")] = None,
) -> None:
    """Let the pharmacies work until SIGTERM, or so long; exit code 1 when one of them met an error."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    writer = JsonLinesWriter(ledger) if ledger is not None else None
    with ThreadPoolExecutor(shops) as threads:
        futures = [
            threads.submit(work, shop_code(number), per_second=rate / shops, ledger=writer, stop=stop)
            for number in range(1, shops + 1)
        ]
        wait(futures, timeout=seconds, return_when=FIRST_EXCEPTION)
        stop.set()
    for future in futures:
        future.result()


if __name__ == "__main__":
    typer.run(main)
