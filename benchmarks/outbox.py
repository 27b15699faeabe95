"""End to end by relay's nearest peer, django-celery-outbox: from its outbox table in PostgreSQL into the queue.

Each function runs in a process of its own; `folder` is that of PostgreSQL's socket. Django and the peer are imported
within the functions, since they may be missing.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any
from uuid import uuid4

import redis

from benchmarks import postgres
from benchmarks.child import Clock
from common.config import Settings, load_settings
from relay.celery_app import configuration
from relay.sources.builtin import SALE

BATCH = 1000
IDLE_SECONDS = 0.01
POLL_SECONDS = 0.01
STALLED_SECONDS = 60.0
"""Without a further message for so long, its relay is stopped, and found short."""
SHOP = "NT-01"


def create_tables(folder: str) -> dict[str, float]:
    """What `manage.py migrate` does once."""
    _set_up(folder)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {}


def fill(folder: str, rows: int) -> dict[str, float]:
    """Put so many messages into the outbox, and no others: the first by its own app, the rest like it, in bulk."""
    _set_up(folder)
    from django.db import connection, transaction
    from django_celery_outbox.models import CeleryOutbox

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE celery_outbox")
    with transaction.atomic():
        _app(load_settings(_env_file=None)).send_task(SALE.task, args=("HD-0", SHOP), queue=SALE.queue)
    first = CeleryOutbox.objects.get()
    same = {field.attname: getattr(first, field.attname) for field in CeleryOutbox._meta.fields if field.name != "id"}
    rest = (CeleryOutbox(**{**same, "task_id": str(uuid4()), "args": [f"HD-{n}", SHOP]}) for n in range(1, rows))
    CeleryOutbox.objects.bulk_create(rest, batch_size=BATCH)
    with connection.cursor() as cursor:
        # The statistics that autovacuum would have made before long.
        cursor.execute("ANALYZE celery_outbox")
    return {}


def relay(folder: str, rows: int) -> dict[str, float]:
    """Its own relay, until the queue holds all messages and the outbox is empty.

    It publishes in one thread, as it does by default: with more a message costs more processor time, and comes no
    sooner.

    The clock runs from its start to its end. It is asked to end, by SIGTERM, when the last message has arrived; so
    the deletion of the last batch from the outbox is within, as the moving of relay's watermark is within relay's.

    Raises RuntimeError when a message is missing in the queue, or left in the outbox.
    """
    _set_up(folder)
    from django_celery_outbox.models import CeleryOutbox
    from django_celery_outbox.relay import Relay, RelayConfig

    settings, clock = load_settings(_env_file=None), Clock()
    config = RelayConfig.init(batch_size=BATCH, idle_time=IDLE_SECONDS)
    made = Relay(app=_app(settings), config=config)
    with redis.Redis(settings.REDIS_HOST, settings.REDIS_PORT or 6379) as client:
        watch = threading.Thread(target=_stop_at, args=(client, rows), daemon=True)
        with clock.running():
            watch.start()
            made.start()
        arrived, left = client.llen(SALE.queue), CeleryOutbox.objects.count()
    if arrived != rows or left:
        raise RuntimeError(f"of {rows} messages {arrived} are in the queue, and {left} still in the outbox")
    return clock.figures(arrived)


def _stop_at(client: redis.Redis, rows: int) -> None:
    """Ask this process to stop when so many messages are in the queue, or when no more arrive."""
    length, changed = 0, time.monotonic()
    while length < rows and time.monotonic() < changed + STALLED_SECONDS:
        time.sleep(POLL_SECONDS)
        before, length = length, client.llen(SALE.queue)
        if length != before:
            changed = time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)


def _set_up(folder: str) -> None:
    """Django with nothing but the peer, whose settings are its defaults but for its metrics.

    It would send some for each message, to a statsd that is not there; the other variants have none.
    """
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.postgresql", "NAME": postgres.DATABASE, "USER": postgres.USER}
    settings.configure(
        INSTALLED_APPS=["django_celery_outbox"],
        DATABASES={"default": {**database, "HOST": folder}},
        MONITORING_METRICS_ENABLED=False,
    )
    django.setup()


def _app(settings: Settings) -> Any:
    """Its Celery app, configured as that of the other variants."""
    from django_celery_outbox import OutboxCelery

    app = OutboxCelery("bench", set_as_current=False)
    app.conf.update(configuration(settings))
    return app
