"""The public door: a scan with settings and sources of one's own, as a script or somebody's test makes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.config import Settings
from common.database.errors import ConfigurationError
from common.database.mssql_client import MSSQLClient
from relay import Source, scan_once
from relay.cycle.outcomes import Outcome
from relay.sources.builtin import SALE
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

MINE = Source(
    name="mine",
    table="SalesInvoices",
    args=("local_invoice_id", "shop_pharmacy_code"),
    task="sale.process_sale",
    queue="sale_queue",
)


def test_it_scans_and_leaves_nothing_open(
    mssql: MSSQLClient, settings: Settings, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-1")
    first = scan_once(settings, [MINE])
    assert [(report.outcome, report.dispatched) for report in first["mine"]] == [(Outcome.DONE, 1)]
    assert scan_once(settings, [MINE])["mine"][0].dispatched == 0
    assert sale_queue() == ["HĐ-1"]


@pytest.mark.parametrize("wrong", [replace(MINE, queue="relay"), replace(MINE, task="relay.scan_source")])
def test_a_source_may_not_bear_a_reserved_name(settings: Settings, wrong: Source) -> None:
    with pytest.raises(ConfigurationError, match="source mine: "):
        scan_once(settings, [wrong, SALE])
