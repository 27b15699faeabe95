"""Watermarks that are lost, overtaken, mistaken for nothing, or left to expire."""

from __future__ import annotations

import sqlalchemy as sa

from examples.pharmacy import documents
from relay.cycle.reasons import Reason
from relay.operations.service import find_work, scan
from relay.sources.builtin import IMPORT, SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.world import World

RETRACK_IMPORTS = (
    "ALTER TABLE dbo.ImportReceipts DISABLE CHANGE_TRACKING",
    "ALTER TABLE dbo.ImportReceipts ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)",
)


def test_a_stale_watermark_is_jumped_forward(world: World) -> None:
    """Azure's SQL trigger moves a watermark below min-valid up to it, and what lay between is lost."""
    world.scan()
    world.write(1)
    world.write(2)
    world.database.clean_up(2)
    report = world.scan()
    assert report.baseline is Reason.RETENTION_PASSED
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_version_0_is_taken_for_no_watermark(world: World) -> None:
    """ingestr (#808) reads version 0, that of a database in which nothing has happened, as none."""
    assert world.scan().version == 0
    world.write(1)
    report = world.scan()
    assert report.baseline is None, "there is a watermark: 0"
    assert report.dispatched == 1


def test_no_watermark_is_taken_for_version_0(world: World) -> None:
    """Read from version 0, change tracking knows nothing of the rows that were there before it."""
    world.write(1)
    world.database.contents.log.clear()
    world.scan()
    assert world.queued() == ["HĐ-1"]


def test_min_valid_is_taken_from_all_tables_at_once(relay: Relay, pharmacy: Desk) -> None:
    """Dotmim.Sync (#1361): a maximum over all tables makes one table's news another's "out of date"."""
    scan(relay, SALE)
    pharmacy.insert("IM-1", kind=documents.IMPORT)
    with relay.mssql.engine.connect() as connection:
        for statement in RETRACK_IMPORTS:
            connection.execute(sa.text(statement))
        connection.commit()
    states = relay.mssql.states([SALE, IMPORT])
    assert (states["import"].min_valid or 0) > (states["sale"].min_valid or 0), "or this shows nothing"
    assert scan(relay, SALE)[0].baseline is None


def test_an_idle_tables_watermark_stands_still_until_it_expires(relay: Relay, pharmacy: Desk) -> None:
    """Cleanup goes by the whole database's versions: others' changes make an idle table's watermark old."""
    scan(relay, SALE)
    pharmacy.insert("IM-1", kind=documents.IMPORT)
    assert find_work(relay, [SALE]) == [SALE]
    [report] = scan(relay, SALE)
    assert report.version == relay.mssql.states([SALE])["sale"].current_version


def test_a_watermark_from_before_a_restore_looks_valid(world: World) -> None:
    """The restored database has grown past the watermark again: its version says nothing, only the fence does."""
    world.write(1)
    world.scan()
    backup = world.database.backup()
    world.write(2)
    world.scan()
    world.database.restore(backup)
    world.write(3)
    world.write(4)
    report = world.scan()
    assert report.baseline is Reason.FENCE_OLDER
    assert {"HĐ-3", "HĐ-4"} <= set(world.queued())


def test_a_watermark_above_the_databases_version_waits_to_be_reached(world: World) -> None:
    """After a restore to an older copy, a reader that only waits for higher versions misses all up to the watermark."""
    backup = world.database.backup()
    for number in range(5):
        world.write(number)
    world.scan()
    world.database.restore(backup)
    world.write(9)
    world.scan()
    assert world.queued()[-1] == "HĐ-9"


def test_the_rows_before_the_first_change_are_forgotten(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """Azure's SQL trigger begins at min-valid: rows that are older than change tracking are never seen."""
    pharmacy.insert("old")
    with relay.mssql.engine.connect() as connection:
        connection.execute(sa.text("ALTER TABLE dbo.SalesInvoices DISABLE CHANGE_TRACKING"))
        connection.execute(
            sa.text("ALTER TABLE dbo.SalesInvoices ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
        )
        connection.commit()
    scan(relay, SALE)
    assert sale_queue() == ["old"]
