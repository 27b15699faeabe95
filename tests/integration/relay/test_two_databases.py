"""Two databases on one MongoDB and one Redis, and one database that is known by another name."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pyodbc
import pytest
from celery import Celery

from common.config import Settings, load_settings
from common.database.mssql_client import MSSQLClient
from relay import wiring
from relay.operations.service import find_work, scan
from relay.sources.builtin import SALE
from relay.tracking import enabling
from relay.wiring import Relay
from tests.support.pharmacy import Desk, desk
from tests.support.queues import Queued

TABLE = """
CREATE TABLE dbo.SalesInvoices (
    shop_pharmacy_code nvarchar(40) NOT NULL,
    local_invoice_id nvarchar(40) NOT NULL,
    status nvarchar(20) NOT NULL,
    PRIMARY KEY (shop_pharmacy_code, local_invoice_id)
)
"""


@pytest.fixture
def second(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Settings for another database of the same server, with sales invoices that are tracked."""
    name = f"relay_test_{secrets.token_hex(4)}"
    _run({**environment, "MSSQL_DATABASE": "master"}, f"CREATE DATABASE {name}")
    values = {**environment, "MSSQL_DATABASE": name}
    _run(values, TABLE)
    client = MSSQLClient(_settings(values))
    enabling.enable(client.engine, [SALE])
    yield values
    client.close()


def _settings(values: dict[str, str]) -> Settings:
    return load_settings(_env_file=None, **values)


def _run(values: dict[str, str], statement: str) -> None:
    connection = pyodbc.connect(_settings(values).odbc_connection_string, autocommit=True)
    try:
        connection.execute(statement).close()
    finally:
        connection.close()


@pytest.fixture
def another_relay(second: dict[str, str], celery_app: Celery) -> Iterator[Relay]:
    relay = wiring.build(_settings(second), celery_app)
    yield relay
    relay.close()


def test_two_databases_on_one_mongo_do_not_meet(
    relay: Relay, another_relay: Relay, second: dict[str, str], pharmacy: Desk, sale_queue: Queued
) -> None:
    """Each took the other's state for a restored database's, and sent what waited at every tick."""
    pharmacy.insert("HĐ-1")
    with desk(second) as other_pharmacy:
        other_pharmacy.insert("HĐ-2")
    for _ in range(5):
        for each in (relay, another_relay):
            scan(each, SALE)
    assert sorted(map(str, sale_queue())) == ["HĐ-1", "HĐ-2"]
    assert find_work(relay, [SALE]) == find_work(another_relay, [SALE]) == []


def test_a_database_that_is_called_otherwise_now_keeps_its_state_by_its_old_name(
    relay: Relay, settings: Settings, celery_app: Celery, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-1")
    named = settings.model_copy(update={"RELAY_DATABASE": "nhà-thuốc"})
    for _ in range(2):
        known = wiring.build(named, celery_app)
        scan(known, SALE)
        assert known.mongo.checkpoints.load(["nhà-thuốc.sale"]).keys() == {"nhà-thuốc.sale"}
        known.close()
    assert sale_queue() == ["HĐ-1"]


@pytest.mark.parametrize(("name", "known_as"), [("", "shops"), ("pharmacies", "pharmacies")])
def test_the_databases_own_name_is_the_default(environment: dict[str, str], name: str, known_as: str) -> None:
    assert _settings({**environment, "MSSQL_DATABASE": "shops", "RELAY_DATABASE": name}).database_name == known_as
