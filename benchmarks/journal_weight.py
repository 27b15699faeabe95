"""What a dispatch weighs in MongoDB: `python -m benchmarks.journal_weight`.

Real documents: cycles over the three sample tables, in small windows as with a tick a minute, each dispatch reported by
a worker service until SUCCESS. Measured are their BSON and the keys of their indexes, and what WiredTiger makes of both
on a disk, where `wt` is installed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import bson
from celery import Celery
from rich.console import Console
from rich.table import Table
from sandbox.processes import stop_at_signals

from benchmarks.key_string import key_string
from benchmarks.wired_tiger import COLLECTION, INDEX, bytes_on_disk, wt_command
from benchmarks.world import World, running
from common import TaskLog
from common.config import load_settings
from common.database.mongo_client import MongoStore
from common.logging import set_up_logging
from examples.pharmacy.documents import KINDS, PENDING
from examples.pharmacy.names import shop_code
from relay import wiring
from relay.celery_app import configuration
from relay.operations.service import scan
from relay.sources.builtin import BUILT_IN

WINDOWS, ROWS, SHOPS = 100, 30, 200
"""Windows of each source, rows of each window, and pharmacies that write them."""
A_DAY = 100_000
DAYS = {"the default, 30 days": 30, "a year": 365}


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Bytes a dispatch, of the documents or of one index."""

    name: str
    plain: float
    """BSON, or the keys with the numbers of their records."""
    on_disk: float | None


def main() -> int:
    """Measure, and print tables."""
    stop_at_signals()
    with running() as world:
        documents, indexes = _documents(world)
    show(documents, weigh(documents, indexes), Console())
    return 0


def _documents(world: World) -> tuple[Sequence[dict[str, Any]], Sequence[Mapping[str, Any]]]:
    """The task log after some traffic, in the order in which it was written, and its indexes."""
    settings = load_settings(_env_file=None, RELAY_LOG_LEVEL="ERROR", **world.settings)
    set_up_logging(settings)
    app = Celery("weight", set_as_current=False)
    app.conf.update(configuration(settings))
    with closing(wiring.build(settings, app)) as relay, closing(MongoStore(settings)) as store:
        numbers = dict.fromkeys(range(SHOPS), 0)
        for _ in range(WINDOWS):
            _hand_in(world, numbers)
            for source in BUILT_IN:
                scan(relay, source)
        with closing(TaskLog(world.settings["MONGO_URI"], settings.MONGO_DB_NAME)) as log:
            for each in list(store.task_logs.find({}, {"_id": 1})):
                log.success(each["_id"])
        return list(store.task_logs.find()), [dict(index) for index in store.task_logs.list_indexes()]


def _hand_in(world: World, numbers: dict[int, int]) -> None:
    for kind in KINDS:
        for shop in random.sample(sorted(numbers), ROWS):
            numbers[shop] += 1
            world.connection.execute(
                f"INSERT INTO dbo.{kind.table} (shop_pharmacy_code, {kind.id_column}, status) VALUES (?, ?, ?)",
                (shop_code(shop + 1), f"{kind.prefix}-{numbers[shop]:06d}", PENDING),
            )


def weigh(documents: Sequence[Mapping[str, Any]], indexes: Sequence[Mapping[str, Any]]) -> Sequence[Weight]:
    """The documents, and each index as `listIndexes` gives it."""
    wt = wt_command()

    def weight(name: str, options: str, records: Sequence[tuple[bytes, bytes]], plain: int) -> Weight:
        on_disk = bytes_on_disk(wt, options, records) / len(documents) if wt and records else None
        return Weight(name=name, plain=plain / len(documents), on_disk=on_disk)

    stored = [(number.to_bytes(4, "big"), bson.encode(document)) for number, document in enumerate(documents)]
    weights = [weight("documents", COLLECTION, stored, sum(len(raw) for _, raw in stored))]
    for index in indexes:
        entries = [(key, b"") for key in _keys(documents, index)]
        weights.append(weight(index["name"], INDEX, entries, sum(len(key) for key, _ in entries)))
    return weights


def _keys(documents: Sequence[Mapping[str, Any]], index: Mapping[str, Any]) -> Iterator[bytes]:
    held = index.get("partialFilterExpression", {})
    for number, document in enumerate(documents, start=1):
        if all(document.get(name) == value for name, value in held.items()):
            yield key_string([document.get(field) for field in index["key"]], number)


def show(documents: Sequence[Mapping[str, Any]], weights: Sequence[Weight], console: Console) -> None:
    """A table, and what it comes to in a month and in a year."""
    table = Table("bytes a dispatch", title=f"{len(documents):,} dispatches", title_justify="left")
    table.add_column("plain", justify="right")
    table.add_column("on disk", justify="right")
    for weight in weights:
        table.add_row(weight.name, f"{weight.plain:.0f}", "" if weight.on_disk is None else f"{weight.on_disk:.0f}")
    console.print(table)
    plain, on_disk = sum(one.plain for one in weights), sum(one.on_disk or 0 for one in weights)
    for name, days in DAYS.items():
        measured = f"{days * A_DAY * on_disk / 1e9:.1f} GB" if on_disk else "not measured, `wt` is missing"
        console.print(f"{name}, {A_DAY:,} a day: {days * A_DAY * plain / 1e9:.1f} GB plain; on disk: {measured}")


if __name__ == "__main__":
    sys.exit(main())
