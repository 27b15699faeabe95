"""What happens to people on a bad day, to the table of sales and to what relay knows of it."""

from __future__ import annotations

import pymongo
import redis

from benchmarks.world import World
from relay.sources.builtin import SALE

TABLE = "dbo.SalesInvoices"


def lose_the_queues(world: World) -> None:
    """FLUSHALL: messages and offsets are gone."""
    with redis.Redis(world.settings["REDIS_HOST"], int(world.settings["REDIS_PORT"])) as client:
        client.flushall()


def switch_tracking(world: World) -> None:
    """Off and on: the changes until then are forgotten, and what waits is sent again under other ids."""
    world.connection.execute(f"ALTER TABLE {TABLE} DISABLE CHANGE_TRACKING")
    world.connection.execute(f"ALTER TABLE {TABLE} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")


def pass_retention(world: World) -> None:
    """Relay's watermark is older than what change tracking keeps, while the versions of all rows are known.

    So what waits has the ids under which it was sent. The watermark is put back, where it stands in MongoDB and in the
    fence: the stand-in's cleanup would forget the versions together with the changes.
    """
    oldest = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(?))"
    version = int(world.connection.execute(oldest, TABLE).fetchval()) - 1
    world.connection.execute("UPDATE dbo.relay_fence SET version = ? WHERE source = ?", version, SALE.name)
    with pymongo.MongoClient[dict[str, object]](world.settings["MONGO_URI"]) as client:
        checkpoints = client[world.settings["MONGO_DB_NAME"]].checkpoints
        put_back = checkpoints.update_one({"_id": world.checkpoint_id}, {"$set": {"version": version}})
    if put_back.matched_count != 1:
        raise RuntimeError("MongoDB has no checkpoint of the sales: nothing can be put back")
