"""Clients that come while others leave, and databases that are made meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client

THREADS = 4
ROUNDS = 100


def test_a_client_is_let_in_while_others_leave_the_same_database(engine: SqlEngine) -> None:
    def come_and_go(_number: int) -> int:
        for _ in range(ROUNDS):
            # SQLite's "database is locked" broke about every hundredth of these logins.
            engine.login("sa", "secret", "sandbox", "tests").close()
        return ROUNDS

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(come_and_go, range(THREADS))) == THREADS * ROUNDS


def test_databases_are_listed_while_others_are_made(db: Client, other: Client) -> None:
    def make(number: int) -> None:
        other.run(f"CREATE DATABASE d{number}")

    with ThreadPoolExecutor(1) as pool:
        making = pool.map(make, range(20))
        while db.value("SELECT COUNT(*) FROM sys.databases") != 22:
            assert db.value("SELECT DB_NAME()") == "sandbox"
        list(making)
