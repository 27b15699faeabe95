"""What a cycle can meet: each scenario prepares the world for the cycle that dies, and says what must come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from common.database.records import NOWHERE
from relay.sources.builtin import SALE
from tests.support.crashing import OPTIONS, CrashWorld
from tests.support.fakes.queue import CutQueue, FakeQueue

ANOTHER_DEFINITION = replace(SALE, args=tuple(reversed(SALE.args)))

Scenario = Callable[[CrashWorld], Counter[str]]
"""Prepares the world for the cycle that dies; gives back what has to be in the queue in the end."""


def key(number: int) -> tuple[str, int]:
    return "shop", number


def insert(world: CrashWorld, *numbers: int) -> None:
    with world.database.transaction() as write:
        for number in numbers:
            write.insert(key(number), args=(f"HĐ-{number}", "shop"))


def documents(*numbers: int) -> Counter[str]:
    return Counter(f"HĐ-{number}" for number in numbers)


def first_run(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2, 3, 4, 5)
    return documents(1, 2, 3, 4, 5)


def a_window_of_several_batches(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    insert(world, 2, 3)
    insert(world, 4, 5, 6)
    world.database.update(key(1), note="x")
    return documents(1, 2, 3, 4, 5, 6)


def an_empty_window(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.database.update(key(1), note="x")
    return documents(1)


def a_row_that_is_rejected_and_one_that_is_deleted(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.database.insert(key(2), args=("HĐ-2", None))
    insert(world, 3, 4)
    world.database.delete(key(4))
    return documents(1, 3)


def an_open_window_is_left_behind(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    insert(world, 2, 3, 4, 5)
    _, places = world.copy().run()
    world.run(die_at=places - 6)
    insert(world, 6)
    return documents(1, 2, 3, 4, 5, 6)


def prepared_rows_are_left_behind(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    insert(world, 2, 3)
    for places in range(1, 100):
        attempt = world.copy()
        attempt.run(die_at=places)
        if attempt.unfinished():
            break
    world.run(die_at=places)
    assert world.unfinished()
    world.database.update(key(2), status="PENDING_SYNC")
    return documents(1, 2, 3)


def a_status_that_is_set_again(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2)
    world.run()
    world.database.update(key(1), status="SYNCED")
    world.database.update(key(1), status="PENDING_SYNC")
    return documents(1, 1, 2)


def the_table_is_truncated(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2)
    world.run()
    world.database.delete(key(1))
    world.database.delete(key(2))
    world.database.truncate()
    insert(world, 3, 4, 5)
    return documents(1, 2, 3, 4, 5)


def the_retention_has_passed(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.database.update(key(1), status="SYNCED")
    insert(world, 2, 3, 4)
    world.database.clean_up(world.database.contents.version)
    return documents(1, 2, 3, 4)


def the_definition_changes(world: CrashWorld) -> Counter[str]:
    """Once more under the new definition, and once only."""
    insert(world, 1, 2, 3)
    world.run()
    world.source = ANOTHER_DEFINITION
    insert(world, 4)
    return documents(1, 1, 2, 2, 3, 3, 4)


def a_baseline_is_under_way(world: CrashWorld) -> Counter[str]:
    """Of the rows behind it one was changed and one is new; of those ahead of it, and beyond its end, as well."""
    insert(world, 1, 2, 3, 5, 6, 7)
    world.run()
    assert world.baseline() is not None
    world.database.update(key(1), status="SYNCED")
    world.database.update(key(1), status="PENDING_SYNC")
    world.database.update(key(2), note="x")
    world.database.update(key(6), note="x")
    world.database.update(key(7), status="SYNCED")
    insert(world, 0, 4, 8)
    return documents(0, 1, 1, 2, 3, 4, 5, 6, 8)


def a_baseline_under_way_begins_again(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2, 3, 4, 5)
    world.run()
    world.source = ANOTHER_DEFINITION
    return documents(1, 1, 2, 2, 3, 3, 4, 5)


def the_definition_comes_back(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.source = ANOTHER_DEFINITION
    world.run()
    world.source, world.adopts = SALE, True
    return documents(1, 1, 1)


SCENARIOS = [
    the_definition_changes,
    the_definition_comes_back,
    a_baseline_is_under_way,
    a_baseline_under_way_begins_again,
    first_run,
    a_window_of_several_batches,
    an_empty_window,
    a_row_that_is_rejected_and_one_that_is_deleted,
    an_open_window_is_left_behind,
    prepared_rows_are_left_behind,
    a_status_that_is_set_again,
    the_table_is_truncated,
    the_retention_has_passed,
]


def the_queue_lost_its_end(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    queue = world.queue
    assert isinstance(queue, FakeQueue)
    offset, length = queue.offset, len(queue.pushed)
    insert(world, 2, 3, 4)
    world.run()
    queue.pushed, queue.offset = queue.pushed[:length], offset
    insert(world, 5)
    return documents(1, 2, 3, 4, 5)


def a_batch_is_cut_off(world: CrashWorld) -> Counter[str]:
    """All of it is in the queue, and only its first message was answered for."""
    insert(world, 1)
    world.run()
    queue = CutQueue()
    assert isinstance(world.queue, FakeQueue)
    queue.pushed, queue.offset = world.queue.pushed, world.queue.offset
    world.queue = queue
    queue.cut = (2, 1)
    insert(world, 2, 3, 4)
    return documents(1, 2, 3, 4)


def the_queue_lost_everything(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2, 3)
    world.run()
    queue = world.queue
    assert isinstance(queue, FakeQueue)
    queue.pushed, queue.offset = [], NOWHERE
    world.database.update(key(2), status="SYNCED")
    insert(world, 4)
    return documents(1, 3, 4)


def mongo_is_lost(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.database.update(key(1), status="SYNCED")
    world.mongo.forget()
    world.database.let_the_fence_age()
    insert(world, 2, 3, 4)
    return documents(1, 2, 3, 4)


def mongo_is_lost_and_the_source_adopted(world: CrashWorld) -> Counter[str]:
    """Row 1 still waits for its worker service: the fence and the queue's offset vouch for it."""
    insert(world, 1)
    world.run()
    world.mongo.forget()
    world.adopts = True
    insert(world, 2, 3, 4)
    return documents(1, 2, 3, 4)


def it_is_adopted_before_anything_was_dispatched(world: CrashWorld) -> Counter[str]:
    world.run()
    world.mongo.forget()
    world.adopts = True
    insert(world, 2, 3, 4)
    return documents(2, 3, 4)


def a_first_run_that_begins_now(world: CrashWorld) -> Counter[str]:
    insert(world, 1, 2, 3)
    world.options = replace(OPTIONS, first_run_now=True)
    return documents()


def mongo_went_back(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    past = world.mongo.backup()
    insert(world, 2)
    world.run()
    world.database.update(key(1), status="SYNCED")
    world.database.update(key(2), status="SYNCED")
    world.mongo.restore(past)
    insert(world, 3, 4, 5)
    return documents(1, 2, 3, 4, 5)


def the_database_is_restored(world: CrashWorld) -> Counter[str]:
    insert(world, 1)
    world.run()
    world.database.update(key(1), status="SYNCED")
    copy = world.database.backup()
    insert(world, 2)
    world.run()
    world.database.restore(copy)
    insert(world, 3, 4, 5)
    return documents(1, 2, 3, 4, 5)


def the_journal_is_lost_under_an_open_window(world: CrashWorld) -> Counter[str]:
    an_open_window_is_left_behind(world)
    world.mongo.contents.logs.clear()
    sent = documents(*(int((d.business_id or "")[3:]) for d in world.queue.pushed))
    for number in range(1, 7):
        if f"HĐ-{number}" in sent:
            world.database.update(key(number), status="SYNCED")
    return documents(1, 2, 3, 4, 5, 6)


LOSSES = [
    a_batch_is_cut_off,
    the_queue_lost_its_end,
    the_queue_lost_everything,
    mongo_is_lost,
    mongo_is_lost_and_the_source_adopted,
    it_is_adopted_before_anything_was_dispatched,
    mongo_went_back,
    the_database_is_restored,
    the_journal_is_lost_under_an_open_window,
]
