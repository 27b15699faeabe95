"""Worlds in which relay has begun."""

from __future__ import annotations

from common.database.records import Checkpoint
from relay.sources.builtin import SALE
from tests.support.world import World

ROW_1 = ("shop", 1)


def begun_world() -> World:
    """One row was dispatched, and waits for its worker service."""
    world = World()
    world.write(1)
    world.scan(host="nhà-thuốc-1")
    return world


def checkpoint_of(world: World) -> Checkpoint:
    return world.mongo.contents.held[SALE.id].checkpoint


def another_mongos(world: World) -> World:
    """The relay that somebody starts with another MongoDB, by mistake or on purpose."""
    another = World()
    another.database, another.queue = world.database, world.queue
    another._names = 100
    return another
