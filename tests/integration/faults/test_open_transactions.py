"""Somebody leaves a transaction open: relay waits for nobody, says what is locked, and goes on when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pyodbc
import pytest
from sqlalchemy.exc import DBAPIError

from common.database.errors import WHO_KEEPS_IT_OPEN, LockedError
from common.database.mssql import locks
from common.database.mssql.errors import LOCK_TIMEOUT, error_number, remedy
from examples.pharmacy.connection import connect
from relay.operations.service import find_work, look_at_status, look_for_stuck, scan
from relay.sources.builtin import BUILT_IN, CANCELLATION, IMPORT, SALE
from relay.sources.check import check_sources
from relay.tracking import enabling
from relay.wiring import Relay
from tests.support.pharmacy import SHOP, Desk
from tests.support.queues import Queued

ALTERED = "ALTER TABLE dbo.SalesInvoices ADD remark int NULL"
ROWS = "UPDATE dbo.SalesInvoices SET status = N'SYNCED'"
FENCE_OF_SALE = "UPDATE dbo.relay_fence SET host = N'PC-KẾ-TOÁN' WHERE source = N'sale'"
FENCE_TABLE = "ALTER TABLE dbo.relay_fence ADD remark int NULL"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.5)


@pytest.fixture
def scanned(relay: Relay, pharmacy: Desk) -> Relay:
    """Every source has its fence, and one sale is in its queue."""
    pharmacy.insert("HĐ-1")
    for source in BUILT_IN:
        scan(relay, source)
    return relay


@pytest.fixture
def left_open(environment: Mapping[str, str], scanned: Relay) -> Iterator[pyodbc.Connection]:
    """Who begins transactions, and forgets them."""
    connection = connect(environment)
    yield connection
    connection.close()


@contextmanager
def open_transaction(connection: pyodbc.Connection, statement: str) -> Iterator[None]:
    connection.execute(f"BEGIN TRANSACTION; {statement}")
    try:
        yield
    finally:
        connection.execute("ROLLBACK TRANSACTION")


def told(work: Callable[[], object]) -> str:
    """What it says is locked; a wait that ends otherwise, or never, is none that relay has ended."""
    try:
        work()
    except LockedError as error:
        return str(error)
    except Exception as error:
        pytest.fail(f"it does not say that something is locked: {error}")
    pytest.fail("it met no lock")


def test_rows_are_read_as_they_are_committed(
    scanned: Relay, left_open: pyodbc.Connection, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-2")
    with open_transaction(left_open, ROWS):
        scan(scanned, SALE)
        assert sale_queue() == ["HĐ-1", "HĐ-2"]
        look_for_stuck(scanned, SALE)


def test_a_row_that_is_being_finished_is_pending_still(scanned: Relay, left_open: pyodbc.Connection) -> None:
    with open_transaction(left_open, ROWS):
        assert scanned.mssql.still_pending(SALE, [(SHOP, "HĐ-1")], lambda: None) == {(SHOP, "HĐ-1")}
    left_open.execute(ROWS)
    assert scanned.mssql.still_pending(SALE, [(SHOP, "HĐ-1")], lambda: None) == set()


@pytest.mark.parametrize(
    ("statement", "locked"),
    [
        (ALTERED, "dbo.SalesInvoices"),
        ("ALTER TABLE dbo.SalesInvoices DISABLE CHANGE_TRACKING", "dbo.SalesInvoices"),
        (FENCE_OF_SALE, "dbo.relay_fence"),
    ],
    ids=["altered", "not tracked", "fence"],
)
def test_a_table_that_is_locked_is_named_and_read_later(
    statement: str, locked: str, scanned: Relay, left_open: pyodbc.Connection, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-2")
    with open_transaction(left_open, statement):
        with pytest.raises(LockedError) as raised:
            scan(scanned, SALE)
        assert str(raised.value).startswith(f"source sale: {locked} is locked by an open transaction")
        assert str(raised.value).endswith(WHO_KEEPS_IT_OPEN)
        assert sale_queue() == ["HĐ-1"]
    scan(scanned, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_a_table_that_nobody_knows_yet_is_named_too(relay: Relay, left_open: pyodbc.Connection) -> None:
    fresh = replace(SALE, args=("local_invoice_id",))
    with open_transaction(left_open, ALTERED), pytest.raises(LockedError, match=r"source sale: dbo\.SalesInvoices is"):
        scan(relay, fresh)


def test_a_fence_that_is_locked_is_not_renewed(scanned: Relay, left_open: pyodbc.Connection) -> None:
    fence = scanned.mssql.states([SALE])["sale"].fence
    store = fence.store if fence else ""
    with open_transaction(left_open, FENCE_OF_SALE):
        assert told(lambda: scanned.mssql.renew_fence(SALE, store)).startswith("source sale: dbo.relay_fence is locked")
        scanned.mssql.renew_fence(IMPORT, store)


@pytest.mark.parametrize("statement", [ALTERED, FENCE_OF_SALE], ids=["altered", "fence"])
def test_one_source_that_is_locked_holds_up_no_other(
    statement: str, scanned: Relay, left_open: pyodbc.Connection, pharmacy: Desk
) -> None:
    with open_transaction(left_open, statement):
        try:
            assert find_work(scanned, BUILT_IN) == [SALE], "its own task says what is wrong"
        except LockedError as error:
            pytest.fail(f"all sources have to wait: {error}")
        assert set(scanned.mssql.states(BUILT_IN)) == {IMPORT.name, CANCELLATION.name}
    assert find_work(scanned, BUILT_IN) == []


def test_others_go_on_while_the_fence_of_one_is_locked(
    scanned: Relay, left_open: pyodbc.Connection, pharmacy: Desk
) -> None:
    with open_transaction(left_open, FENCE_OF_SALE):
        assert [report.dispatched for report in scan(scanned, IMPORT)] == [0]


def test_a_fence_that_is_locked_is_no_missing_fence(scanned: Relay, left_open: pyodbc.Connection) -> None:
    """Who owns a source is asked before old messages are pushed again: then no answer is not an answer."""
    with open_transaction(left_open, FENCE_OF_SALE), pytest.raises(LockedError, match=r"its row of dbo\.relay_fence"):
        scanned.mssql.states([SALE])


def test_all_are_locked(scanned: Relay, left_open: pyodbc.Connection) -> None:
    with open_transaction(left_open, FENCE_TABLE), pytest.raises(LockedError) as raised:
        find_work(scanned, BUILT_IN)
    assert str(raised.value).startswith("all sources: dbo.relay_fence, or each of their tables, is locked")


@pytest.mark.parametrize("statement", [ALTERED, FENCE_OF_SALE], ids=["altered", "fence"])
def test_the_status_names_the_one_that_is_locked(statement: str, scanned: Relay, left_open: pyodbc.Connection) -> None:
    with open_transaction(left_open, statement):
        problems = {status.source: status.problem for status in look_at_status(scanned, BUILT_IN)}
    assert (problems["sale"] or "").startswith("source sale: dbo.SalesInvoices, or its row of dbo.relay_fence, is lock")
    assert problems["import"] is problems["cancellation"] is None


@pytest.mark.parametrize("statement", [ALTERED, FENCE_OF_SALE], ids=["altered", "fence"])
def test_the_check_names_the_one_that_is_locked(statement: str, scanned: Relay, left_open: pyodbc.Connection) -> None:
    with open_transaction(left_open, statement):
        [problem] = check_sources(scanned.mssql, BUILT_IN).problems
    assert problem.startswith("source sale: dbo.SalesInvoices")
    assert "is locked" in problem


def test_switching_on_waits_for_nobody_either(scanned: Relay, left_open: pyodbc.Connection) -> None:
    """Whoever waits to ALTER a table makes all wait who come after it."""
    left_open.execute("CREATE TABLE dbo.Slips (id int NOT NULL PRIMARY KEY, status nvarchar(20) NOT NULL)")
    slips = replace(SALE, name="slips", table="Slips", args=("id",), key=None)
    try:
        with open_transaction(left_open, "INSERT INTO dbo.Slips VALUES (1, N'PENDING_SYNC')"):
            with pytest.raises(DBAPIError) as raised:
                enabling.enable(scanned.mssql.engine, [slips])
            assert error_number(raised.value) == LOCK_TIMEOUT
            assert WHO_KEEPS_IT_OPEN in (remedy(raised.value) or "")
        enabling.enable(scanned.mssql.engine, [slips])
    finally:
        left_open.execute("DROP TABLE dbo.Slips")
        left_open.execute("DELETE FROM dbo.relay_fence WHERE source = N'$table:dbo.Slips'")
