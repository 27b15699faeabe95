"""How much of a batch for RabbitMQ has arrived: its beginning, up to the first message that is not confirmed."""

from __future__ import annotations

from relay.broker.rabbitmq_publisher import ConfirmedProgress
from tests.support.samples import a_dispatch

BATCH = [a_dispatch(seq) for seq in range(6)]
IDS = [dispatch.id for dispatch in BATCH]


def test_only_what_is_confirmed_without_a_break_has_arrived() -> None:
    done, told = {IDS[0], IDS[1], IDS[3]}, list[int]()
    progress = ConfirmedProgress(BATCH, done, (), told.append)
    progress.tell()
    progress.tell()
    assert told == [2]
    done.add(IDS[2])
    progress.tell()
    assert told == [2, 4]


def test_what_has_no_message_is_over() -> None:
    done, told = {IDS[1]}, list[int]()
    ConfirmedProgress(BATCH, done, {IDS[0], IDS[2]}, told.append).tell()
    assert told == [3]
