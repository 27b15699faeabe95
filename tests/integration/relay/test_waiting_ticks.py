"""The beat asks the broker how many messages wait for relay's workers: Redis and RabbitMQ say."""

from __future__ import annotations

from celery import Celery
from sandbox.waiting import wait_until

from relay.sources.reserved import OWN_QUEUE
from relay.worker.beat import MOST_WAITING, Scheduler

TICK = "scan-for-new-data-every-minute"


def test_ticks_that_no_worker_takes_do_not_pile_up_in_redis(celery_app: Celery) -> None:
    _assert_they_do_not_pile_up(celery_app)


def test_ticks_that_no_worker_takes_do_not_pile_up_in_rabbitmq(rabbitmq_app: Celery) -> None:
    try:
        _assert_they_do_not_pile_up(rabbitmq_app)
    finally:
        with rabbitmq_app.connection_for_write() as connection:
            connection.default_channel.queue_delete(OWN_QUEUE)


def _assert_they_do_not_pile_up(app: Celery) -> None:
    scheduler = Scheduler(app=app)
    for _ in range(MOST_WAITING + 5):
        scheduler.apply_entry(scheduler.schedule[TICK], producer=scheduler.producer)
        # A message is in the queue a moment after it was sent.
        wait_until(lambda: _waiting(scheduler))
    wait_until(lambda: _waiting(scheduler) >= MOST_WAITING)
    assert _waiting(scheduler) <= MOST_WAITING + 1, "but for one on its way"
    scheduler.connection.release()
    scheduler.close()


def _waiting(scheduler: Scheduler) -> int:
    scheduler._look_at_the_queue()
    return scheduler._waiting
