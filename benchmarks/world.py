"""The services under the benchmarks, and backlogs in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pymongo
import pyodbc
import redis
from sandbox import stack
from sandbox.stack import StackOptions

from benchmarks.child import run_child
from examples.pharmacy.connection import connect
from examples.pharmacy.documents import KINDS
from examples.pharmacy.schema import TABLES
from relay.sources.builtin import SALE
from tests.support.alembic_process import upgrade

SEED_ROWS = 1000
SEED = "dbo.BenchSeed"
FROM_SEED = f"""
INSERT INTO dbo.SalesInvoices (shop_pharmacy_code, local_invoice_id, status)
SELECT 'NT-01', CONCAT(name, ?), 'PENDING_SYNC' FROM {SEED}
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """SQL Server under change tracking, MongoDB and Redis."""

    settings: Mapping[str, str]
    connection: pyodbc.Connection

    def add_backlog(self, rows: int, name: str) -> int:
        """So many new pending invoices, a thousand a transaction; gives the version before them."""
        before = int(self.connection.execute("SELECT CHANGE_TRACKING_CURRENT_VERSION()").fetchval())
        for number in range(rows // SEED_ROWS):
            self.connection.execute(FROM_SEED, f"-{name}-{number}")
        return before

    def empty_queues(self) -> None:
        """Take away every message, and what plain loops leave; relay's offsets stay."""
        with redis.Redis(self.settings["REDIS_HOST"], int(self.settings["REDIS_PORT"])) as client:
            for key in client.scan_iter("*_queue*"):
                client.delete(key)

    def queued(self) -> int:
        """Messages in the queue of the sales."""
        with redis.Redis(self.settings["REDIS_HOST"], int(self.settings["REDIS_PORT"])) as client:
            return int(client.llen(SALE.queue))

    @property
    def checkpoint_id(self) -> str:
        """What MongoDB calls the checkpoint of the sales, and their documents' source."""
        return f"{self.settings['MSSQL_DATABASE']}.{SALE.name}"

    def afresh(self, name: str) -> World:
        """The same services with a MongoDB database of this name: a relay that has never run. Tables are emptied."""
        for kind in KINDS:
            self.connection.execute(f"TRUNCATE TABLE dbo.{kind.table}")
        self.connection.execute("DELETE FROM dbo.relay_fence")
        with redis.Redis(self.settings["REDIS_HOST"], int(self.settings["REDIS_PORT"])) as client:
            client.flushall()
        return self.named(name)

    def named(self, name: str) -> World:
        """The same services, as they are, with a MongoDB database of this name."""
        return replace(self, settings={**self.settings, "MONGO_DB_NAME": name})

    def drop_mongo(self) -> None:
        """Forget relay's MongoDB database: its memory is the machine's."""
        with pymongo.MongoClient[dict[str, object]](self.settings["MONGO_URI"]) as client:
            client.drop_database(self.settings["MONGO_DB_NAME"])

    def begin(self) -> None:
        """Relay's first run, which is none of the benchmarks' business."""
        run_child("loops:first_run", self.settings)


@contextmanager
def running() -> Iterator[World]:
    """The sandbox's services, migrated, until the block is left."""
    with stack.running(StackOptions(init=[TABLES])) as services:
        upgrade(services.settings)
        connection = connect(services.settings)
        connection.execute(f"CREATE TABLE {SEED} (name varchar(20) NOT NULL PRIMARY KEY)")
        names = ", ".join(f"('HD-{number}')" for number in range(SEED_ROWS))
        connection.execute(f"INSERT INTO {SEED} VALUES {names}")
        settings = {
            **services.settings,
            "MONGO_DB_NAME": "relay",
            "RELAY_QUEUE_LIMIT": "100000000",
            "RELAY_LEASE_SECONDS": "60",
        }
        try:
            yield World(settings=settings, connection=connection)
        finally:
            connection.close()
