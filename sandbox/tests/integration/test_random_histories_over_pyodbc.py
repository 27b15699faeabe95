"""Random histories through Microsoft's driver: change tracking answers as its model does, from every version.

SANDBOX_HISTORIES says how many are played, SANDBOX_HISTORIES_SEED which is the first. The seed is the test's name.
"""

from __future__ import annotations

import os
import random

import pyodbc
import pytest

from sandbox.testing.sqlserver_process import SqlServer
from tests.integration.histories.answers import compare
from tests.integration.histories.model import Database
from tests.integration.histories.player import Player, enabling
from tests.integration.histories.snapshots import SnapshotReader
from tests.integration.histories.tables import DEFINITIONS, row, tables

HISTORIES = int(os.environ.get("SANDBOX_HISTORIES", "40"))
FIRST_SEED = int(os.environ.get("SANDBOX_HISTORIES_SEED", "1"))


def prepare(connection: pyodbc.Connection, database: Database, chance: random.Random) -> None:
    """Both tables, with rows from before tracking began: no change tells of them."""
    name = connection.execute("SELECT DB_NAME()").fetchval()
    connection.execute(f"ALTER DATABASE [{name}] SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE")
    connection.execute(f"ALTER DATABASE [{name}] SET ALLOW_SNAPSHOT_ISOLATION ON")
    connection.execute(f"ALTER DATABASE [{name}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
    for table in database.tables.values():
        connection.execute(DEFINITIONS[table.name])
        early = row(table, chance)
        fences = ", ".join("?" for _ in table.columns)
        columns = ", ".join(table.columns)
        connection.execute(f"INSERT INTO dbo.{table.name} ({columns}) VALUES ({fences})", *early.values())
        table.insert([early])
        connection.execute(enabling(table))
        table.enable(0)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + HISTORIES))
def test_a_random_history(server: SqlServer, seed: int) -> None:
    chance = random.Random(seed)
    database = Database(tables(chance))
    name = server.new_database()
    clients = [server.connect(name) for _ in range(3)]
    player = Player(clients[:2], SnapshotReader(clients[2]), database, chance)
    try:
        prepare(clients[0], database, chance)
        player.play(lambda client, owns: compare(client, database, owns=owns))
        compare(chance.choice(clients[:2]), database, owns=True)
    except Exception:
        print(f"seed {seed}\n" + "\n".join(player.statements))
        raise
    finally:
        for client in clients:
            client.close()
