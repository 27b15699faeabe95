"""One process of relay is killed, or stops, while the others go on: one of them says so."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from celery import Celery
from sandbox.processes import Child, stop_all
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

from relay.sources.reserved import OWN_QUEUE
from relay.worker.silence import LEAST_SECONDS
from tests.support.rabbitmq_process import RabbitMQProcess
from tests.support.relay_process import running_relay, start_celery

SOON_SECONDS = 60.0
pytestmark = pytest.mark.usefixtures("mssql")


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_SCAN_INTERVAL": "1"}


def _await(event: str, child: Child, *, times: int = 1) -> None:
    wait_until(lambda: child.log.read_text().count(event) >= times, timeout=SOON_SECONDS, message=f"no {event}")


def _pool(app: Celery) -> Collection[int]:
    """The processes of the pool of the one worker that runs."""
    stats: dict[str, dict[str, dict[str, list[int]]]] = wait_until(
        lambda: app.control.inspect(timeout=2).stats(), timeout=SOON_SECONDS, message="no worker answers"
    )
    [worker] = stats.values()
    return worker["pool"]["processes"]


def _beat(app: Celery, worker: Child) -> int:
    pool = _pool(app)
    [beat] = [child.pid for child in psutil.Process(worker.pid).children() if child.pid not in pool]
    return beat


@contextmanager
def _stopped(*processes: int) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_beat_that_dies_ends_its_worker(
    number: signal.Signals, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, environment) as relay:
        os.kill(_beat(celery_app, relay), number)
        wait_until(lambda: relay.exit_code is not None, timeout=SOON_SECONDS, message="the worker goes on")
        assert relay.exit_code == 1
        assert "beat_ended" in relay.log.read_text()
        assert "Traceback" not in relay.log.read_text()


def test_a_beat_that_cannot_be_imported_ends_its_worker(environment: dict[str, str], tmp_path: Path) -> None:
    relay = start_celery("relay", tmp_path, environment, "worker", "--beat", "--scheduler", "relay.nothing:Such")
    try:
        wait_until(lambda: relay.exit_code is not None, timeout=SOON_SECONDS, message="the worker goes on")
        assert relay.exit_code == 1
        assert "beat_ended" in relay.log.read_text()
    finally:
        stop_all([relay])


def test_a_worker_that_is_told_to_end_says_nothing_of_its_beat(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    """As systemd does it: the signal goes to all processes of the group."""
    with running_relay(tmp_path, environment) as relay:
        beat = _beat(celery_app, relay)
        os.kill(beat, signal.SIGTERM)
        os.kill(relay.pid, signal.SIGTERM)
        wait_until(lambda: relay.exit_code is not None, timeout=SOON_SECONDS, message="the worker goes on")
        assert relay.exit_code == 0
        assert "beat_ended" not in relay.log.read_text()


def test_a_beat_that_stops_is_said_by_its_worker(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, environment) as relay:
        with _stopped(_beat(celery_app, relay)):
            _await("no_ticks", relay)
        _await("what=no_ticks", relay)


def test_a_worker_that_stops_is_said_by_beat_and_the_missing_beat_by_the_worker(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    running = [start_celery(name, tmp_path, environment, name) for name in ("worker", "beat")]
    worker, beat = running
    try:
        _pool(celery_app)
        with _stopped(worker.pid):
            _await("ticks_not_taken", beat)
        _await("what=ticks_not_taken", beat)
        stop_all([beat])
        _await("no_ticks", worker)
    finally:
        stop_all(running)


def test_a_pool_that_stops_is_said_by_its_worker(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, environment) as relay:
        with _stopped(*_pool(celery_app)):
            _await("ticks_not_done", relay)
        _await("what=ticks_not_done", relay)


def test_a_worker_hears_a_beat_whose_ticks_another_gets_on_redis(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    _assert_a_worker_hears_a_beat_whose_ticks_another_gets(celery_app, environment, tmp_path)


def test_a_worker_hears_a_beat_whose_ticks_another_gets_on_rabbitmq(
    rabbitmq: RabbitMQProcess, rabbitmq_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    try:
        with_rabbitmq = {**environment, "BROKER_URL": rabbitmq.url}
        _assert_a_worker_hears_a_beat_whose_ticks_another_gets(rabbitmq_app, with_rabbitmq, tmp_path)
    finally:
        with rabbitmq_app.connection_for_write() as connection:
            connection.default_channel.queue_delete(OWN_QUEUE)


def _assert_a_worker_hears_a_beat_whose_ticks_another_gets(
    app: Celery, environment: dict[str, str], folder: Path
) -> None:
    names = ["idle@relay", "busy@relay"]
    running = [start_celery("beat", folder, environment, "beat")]
    running += [start_celery(name, folder, environment, "worker", "-c1", "-n", name) for name in names]
    beat, idle, busy = running
    try:
        wait_until(lambda: len(app.control.inspect(timeout=2).ping() or {}) == 2, timeout=SOON_SECONDS)
        assert app.control.cancel_consumer(OWN_QUEUE, destination=names[:1], reply=True)
        _let_pass(LEAST_SECONDS + 2)
        assert "no_ticks" not in idle.log.read_text()
        stop_all([beat])
        for worker in (idle, busy):
            _await("no_ticks", worker)
    finally:
        stop_all(running)


def test_an_outage_of_the_broker_is_said_by_both_and_nobody_is_missed_for_it(
    environment: dict[str, str], redis_server: RedisProcess, tmp_path: Path
) -> None:
    with_own_redis = {**environment, "REDIS_PORT": str(redis_server.port)}
    running = [start_celery(name, tmp_path, with_own_redis, name) for name in ("worker", "beat")]
    worker, beat = running
    try:
        _await("ready", worker)
        redis_server.kill()
        _await("left_to_the_next_tick", beat)
        _await("Cannot connect", worker)
        _let_pass(LEAST_SECONDS + 2)
        redis_server.start()
        _await("recovered", beat)
        _await("Connected to", worker, times=2)
        _let_pass(LEAST_SECONDS + 2)
        for child in running:
            assert not re.search("no_ticks|ticks_not_taken|ticks_not_done|beat_ended", child.log.read_text())
    finally:
        stop_all(running)


def _let_pass(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, timeout=seconds + 1)


def test_no_file_is_left_beside_the_log(celery_app: Celery, environment: dict[str, str], tmp_path: Path) -> None:
    with running_relay(tmp_path, environment) as relay:
        _pool(celery_app)
        assert [each.name for each in tmp_path.iterdir()] == [relay.log.name]


def _await_heartbeat(app: Celery, worker: str) -> None:
    """One that all who listened before it have heard: a worker that nobody ever heard of is missed by nobody."""
    heard: list[str] = []
    with app.connection_for_read() as connection:
        handlers = {"worker-heartbeat": lambda event: heard.append(event["hostname"])}
        receiver = app.events.Receiver(connection, handlers=handlers)

        def has_been_heard() -> bool:
            with suppress(TimeoutError):
                receiver.capture(limit=1, timeout=1)
            return any(name.startswith(worker) for name in heard)

        wait_until(has_been_heard, timeout=SOON_SECONDS, message=f"no heartbeat of {worker}")


def test_one_of_several_workers_that_is_gone_is_missed_by_the_others(
    celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, environment) as relay:
        other = start_celery("other", tmp_path, environment, "worker", "-n", "other@%h")
        try:
            _await(" ready.", relay)
            _await_heartbeat(celery_app, "other@")
            other.kill_group()
            _await("missed heartbeat from other@", relay)
        finally:
            stop_all([other])
