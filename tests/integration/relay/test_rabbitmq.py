"""Relay on RabbitMQ: nothing is PENDING that the broker has not confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from sandbox.waiting import wait_until

from common.config import Settings, load_settings
from common.database.errors import ConfigurationError
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from relay.cycle.outcomes import Outcome
from relay.operations.service import look_at_status, scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import declare, taken_task_ids, undeclare
from tests.support.rabbitmq_process import RabbitMQProcess, running_rabbitmq
from tests.support.relay_process import running_relay

ARRIVAL_SECONDS = 60.0


@pytest.fixture
def environment(environment: dict[str, str], server: RabbitMQProcess) -> dict[str, str]:
    return {**environment, "BROKER_URL": server.url}


@pytest.fixture
def server(rabbitmq: RabbitMQProcess) -> RabbitMQProcess:
    """The RabbitMQ of the whole run."""
    return rabbitmq


@pytest.fixture
def no_queue(celery_app: Celery) -> Iterator[None]:
    """Its worker service has never run."""
    undeclare(celery_app, SALE.queue)
    yield
    undeclare(celery_app, SALE.queue)


def _statuses(store: MongoStore) -> list[str]:
    return [document["status"] for document in store.task_logs.find().sort("business_id")]


@pytest.mark.usefixtures("no_queue")
def test_what_no_queue_has_taken_is_not_pending(
    relay: Relay, pharmacy: Desk, mongo_store: MongoStore, celery_app: Celery
) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no queue sale_queue: start its worker service once, or declare"):
            scan(relay, SALE)
        assert _statuses(mongo_store) == ["PREPARED", "PREPARED"]
    [sale] = look_at_status(relay, [SALE])
    assert (sale.queue_length, sale.sealed) == (None, 2)
    declare(celery_app, SALE.queue)
    assert scan(relay, SALE)[-1].dispatched == 2
    assert _statuses(mongo_store) == ["PENDING", "PENDING"]
    assert len(taken_task_ids(celery_app, SALE.queue)) == 2


class TestABrokerThatDies:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[RabbitMQProcess]:
        with running_rabbitmq(tmp_path / "rabbitmq") as server:
            yield server

    def test_what_it_has_not_confirmed_is_not_pending_and_is_sent_when_it_is_back(
        self, relay: Relay, pharmacy: Desk, mongo_store: MongoStore, celery_app: Celery, server: RabbitMQProcess
    ) -> None:
        declare(celery_app, SALE.queue)
        pharmacy.insert("HĐ-1")
        scan(relay, SALE)
        server.pause()
        pharmacy.insert("HĐ-2")
        with pytest.raises(OperationalError):
            scan(relay, SALE)
        assert _statuses(mongo_store) == ["PENDING", "PREPARED"]
        server.kill()
        with pytest.raises(OperationalError):
            scan(relay, SALE)
        assert _statuses(mongo_store) == ["PENDING", "PREPARED"]
        server.start()
        scan(relay, SALE)
        assert _statuses(mongo_store) == ["PENDING", "PENDING"]
        assert len(taken_task_ids(celery_app, SALE.queue)) == 2

    def test_relays_worker_outlives_it(
        self,
        mssql: MSSQLClient,
        mongo_store: MongoStore,
        pharmacy: Desk,
        celery_app: Celery,
        environment: dict[str, str],
        tmp_path: Path,
        server: RabbitMQProcess,
    ) -> None:
        declare(celery_app, SALE.queue)
        with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "0.5"}) as relay:
            pharmacy.insert("HĐ-1")
            wait_until(lambda: _statuses(mongo_store) == ["PENDING"], timeout=ARRIVAL_SECONDS)
            server.kill()
            wait_until(lambda: "left_to_the_next_tick" in relay.log.read_text(), timeout=ARRIVAL_SECONDS)
            server.start()
            pharmacy.insert("HĐ-2")
            wait_until(lambda: _statuses(mongo_store) == ["PENDING", "PENDING"], timeout=ARRIVAL_SECONDS)
            assert relay.exit_code is None
        assert "Traceback" not in relay.log.read_text()


@pytest.mark.usefixtures("no_queue")
class TestALongQueue:
    @pytest.fixture
    def settings(self, environment: dict[str, str]) -> Settings:
        return load_settings(_env_file=None, **environment, RELAY_QUEUE_LIMIT="2", RELAY_BATCH_SIZE="2")

    def test_relay_waits_for_it(self, relay: Relay, pharmacy: Desk, celery_app: Celery) -> None:
        declare(celery_app, SALE.queue)
        for number in range(5):
            pharmacy.insert(f"HĐ-{number}")
        assert scan(relay, SALE)[-1].outcome is Outcome.QUEUE_FULL
        [sale] = look_at_status(relay, [SALE])
        assert (sale.queue_length, sale.queue_is_full, sale.sealed) == (2, True, 3)
        taken = taken_task_ids(celery_app, SALE.queue)
        while scan(relay, SALE)[-1].outcome is Outcome.QUEUE_FULL:
            taken = [*taken, *taken_task_ids(celery_app, SALE.queue)]
        taken = [*taken, *taken_task_ids(celery_app, SALE.queue)]
        assert len(taken) == len(set(taken)) == 5


@pytest.mark.usefixtures("no_queue")
def test_relays_worker_and_beat_run_on_it_and_say_which_queue_is_not_there(
    mssql: MSSQLClient, pharmacy: Desk, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    pharmacy.insert("HĐ-1")
    with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "0.5"}) as relay:
        wait_until(lambda: "no queue sale_queue: start its worker" in relay.log.read_text(), timeout=ARRIVAL_SECONDS)
        declare(celery_app, SALE.queue)
        taken: list[str] = []

        def arrived() -> bool:
            taken.extend(taken_task_ids(celery_app, SALE.queue))
            return bool(taken)

        wait_until(arrived, timeout=ARRIVAL_SECONDS, message=f"it did not arrive: {relay.tail()}")
        wait_until(lambda: "recovered" in relay.log.read_text(), timeout=ARRIVAL_SECONDS)
    assert "Traceback" not in relay.log.read_text()
    undeclare(celery_app, "relay")
