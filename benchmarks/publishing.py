"""Publishing alone: the same messages into the same list, in five ways."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from functools import partial

import redis
from celery import Celery

from benchmarks.child import Clock
from common.config import Settings, load_settings
from common.database.records import NOWHERE, Outgoing, WindowHeader
from relay.broker.message import render_for_redis
from relay.broker.redis_publisher import RedisPublisher
from relay.celery_app import configuration
from relay.sources.builtin import SALE

BATCH = 1000
PIPELINE = 500
WINDOW = WindowHeader(
    source=SALE.id, task=SALE.task, queue=SALE.queue, epoch="bench", id="bench", number=1, generation=1
)


def naive(count: int) -> dict[str, float]:
    """`app.send_task` for each, as everybody begins."""
    app, clock = _app(), Clock()
    _send(app, "warm-up")
    with clock.running():
        for number in range(count):
            _send(app, f"HD-{number}")
    return clock.figures(count)


def batch(count: int) -> dict[str, float]:
    """`app.send_task` inside kombu's `Producer.batch`."""
    app, clock = _app(), Clock()
    _send(app, "warm-up")
    with clock.running(), app.producer_or_acquire() as producer:
        for start in range(0, count, BATCH):
            with producer.batch(max_size=BATCH):
                for number in range(start, min(start + BATCH, count)):
                    _send(app, f"HD-{number}", producer=producer)
    return clock.figures(count)


def relay(count: int) -> dict[str, float]:
    """Relay's publisher, with all that makes it exactly once."""
    publisher, clock = RedisPublisher(_app(), namespace="bench"), Clock()
    publisher.publish(SALE, after=NOWHERE, dispatches=[_dispatch(0)])
    dispatches = [_dispatch(number) for number in range(1, count + 1)]
    previous = _dispatch(0).offset
    with clock.running():
        for start in range(0, count, BATCH):
            some = dispatches[start : start + BATCH]
            publisher.publish(SALE, after=previous, dispatches=some)
            previous = some[-1].offset
    publisher.close()
    return clock.figures(count)


def prebuilt(count: int) -> dict[str, float]:
    """The limit: messages that are there already, in plain LPUSHes."""
    payloads, clock = _payloads(count), Clock()
    with _client() as client:
        client.ping()
        with clock.running():
            for start in range(0, count, BATCH):
                client.lpush(SALE.queue, *payloads[start : start + BATCH])
    return clock.figures(count)


def redis_benchmark(count: int) -> dict[str, float]:
    """Redis's own measure of itself, with values of the same size."""
    program = shutil.which("redis-benchmark")
    if program is None:
        raise RuntimeError("redis-benchmark is not installed: sudo apt-get install redis-tools")
    settings = load_settings(_env_file=None)
    size = len(_payloads(1)[0])
    options = {"-h": settings.REDIS_HOST, "-p": settings.REDIS_PORT, "-n": count, "-P": PIPELINE, "-d": size, "-c": 1}
    command = [program, "-t", "lpush", "--csv", *(str(part) for option in options.items() for part in option)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    per_second = float(printed.splitlines()[-1].split(",")[1].strip('"'))
    return {"rows": count, "wall": count / per_second, "cpu": 0.0, "peak_mb": 0.0}


VARIANTS: dict[str, Callable[[int], dict[str, float]]] = {
    "send_task in a loop": naive,
    "Producer.batch": batch,
    "relay, exactly once": relay,
    "prebuilt bytes (the limit)": prebuilt,
    f"redis-benchmark -P {PIPELINE}": redis_benchmark,
}


def _app() -> Celery:
    app = Celery("bench", set_as_current=False)
    app.conf.update(configuration(load_settings(_env_file=None)))
    return app


def _client() -> redis.Redis:
    settings: Settings = load_settings(_env_file=None)
    return redis.Redis(settings.REDIS_HOST, settings.REDIS_PORT or 6379)


def _send(app: Celery, name: str, **options: object) -> None:
    app.send_task(SALE.task, args=(name, "NT-01"), queue=SALE.queue, **options)


def _dispatch(number: int) -> Outgoing:
    return Outgoing(id=str(uuid.uuid4()), window=WINDOW, args=json.dumps([f"HD-{number}", "NT-01"]), seq=number)


def _payloads(count: int) -> list[bytes]:
    app = _app()
    with app.producer_or_acquire() as producer:
        render = partial(render_for_redis, app, producer)
        return [render(_dispatch(number)).payload for number in range(count)]
