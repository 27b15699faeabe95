"""What is read between two watermarks: pages that cut, masks that lie, letters that deceive."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.dying import DiedError, DiesBeforePush
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


class DiesBeforeSeal(DiesBeforePush):
    """Checkpoints of a relay that dies when it has prepared its window, and not yet sealed it."""

    def seal(self, *_: Any, **__: Any) -> NoReturn:
        raise DiedError


def _run(relay: Relay, *statements: str) -> None:
    """In one transaction."""
    with relay.mssql.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_page_ends_inside_a_transaction(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """A page of TOP n rows that moves the watermark to its last version loses the rest of that version's rows."""
    scan(relay, SALE)
    rows = ", ".join(f"('NT-01', 'HĐ-{number}', 'PENDING_SYNC')" for number in range(7))
    _run(relay, f"INSERT INTO dbo.SalesInvoices (shop_pharmacy_code, local_invoice_id, status) VALUES {rows}")
    small = replace(relay, options=replace(relay.options, batch_size=2))
    scan(small, SALE)
    assert sale_queue() == [f"HĐ-{number}" for number in range(7)]


def test_the_baseline_of_the_read_moves_within_a_cycle(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """An insert that was read and not delivered comes back as an update with another mask, and a filter drops it."""
    scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    dead = replace(relay, ports=replace(relay.ports, checkpoints=DiesBeforeSeal(relay.ports.checkpoints)))
    with pytest.raises(DiedError):
        scan(dead, SALE)
    _run(relay, "UPDATE dbo.SalesInvoices SET note = 'edited since'")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]


def test_a_deletion_and_an_insertion_are_taken_for_an_edit(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """Change tracking folds D + I to the letter U: the row is a new one all the same."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    _run(relay, "DELETE FROM dbo.SalesInvoices")
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-1"]


def test_an_insertion_and_a_deletion_are_taken_for_a_row(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """I + D shows as D, of a row that nobody has seen."""
    scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    _run(relay, "DELETE FROM dbo.SalesInvoices")
    assert scan(relay, SALE)[0].prepared == 0
    assert sale_queue() == []


def test_a_changed_key_is_taken_for_an_edit(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """A key that changes shows as the deletion of one row and the insertion of another."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    _run(relay, "UPDATE dbo.SalesInvoices SET local_invoice_id = 'HĐ-2'")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_an_edit_of_an_unrelated_column_sends_a_pending_row_again(
    relay: Relay, pharmacy: Desk, sale_queue: Queued
) -> None:
    """Without column tracking (asked for in Azure's #852 and #710) every edit looks like a new request."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    _run(relay, "UPDATE dbo.SalesInvoices SET note = 'x', total_amount = 12.50")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]


def test_the_version_before_the_watermark_is_read_again(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """tap-mssql (#39) reads from the watermark - 1 to be sure, and sends the last change twice."""
    scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    pharmacy.insert("HĐ-2")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-2"]
