"""Change tracking of the fake and of SQL Server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from common.database.mssql import locks
from common.database.mssql_client import MSSQLClient
from common.database.ports import ChangeSource
from common.database.records import Fence, Key
from relay.sources.builtin import SALE
from tests.contract.change_source import ChangeSourceContract
from tests.contract.fence import set_fence
from tests.contract.table import Statements, Table
from tests.support.fakes import FakeDatabase
from tests.support.fakes.database import OLD_SECONDS, Transaction

THE_ROW = "WHERE shop_pharmacy_code = :shop AND local_invoice_id = :invoice"


class FakeTable:
    """Writes into the fake."""

    def __init__(self, fake: FakeDatabase) -> None:
        self._fake = fake

    @contextmanager
    def transaction(self) -> Iterator[Statements]:
        with self._fake.transaction() as transaction:
            yield FakeStatements(transaction)

    def truncate(self) -> None:
        self._fake.truncate()

    @contextmanager
    def being_altered(self) -> Iterator[None]:
        self._fake.is_locked = True
        yield
        self._fake.is_locked = False

    def being_written(self, key: Key) -> AbstractContextManager[None]:
        # A transaction of the fake is seen by nobody before it ends.
        return nullcontext()


class FakeStatements:
    """One of its transactions."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def insert(self, key: Key, *, status: str = "PENDING_SYNC") -> None:
        self._transaction.insert(key, status=status, args=key[::-1])

    def set_status(self, key: Key, status: str) -> None:
        self._transaction.update(key, status=status)

    def set_note(self, key: Key) -> None:
        self._transaction.update(key, note="edited")

    def delete(self, key: Key) -> None:
        self._transaction.delete(key)


class TestFakeDatabase(ChangeSourceContract):
    @pytest.fixture
    def fake(self) -> FakeDatabase:
        return FakeDatabase()

    @pytest.fixture
    def changes(self, fake: FakeDatabase) -> ChangeSource:
        return fake

    @pytest.fixture
    def table(self, fake: FakeDatabase) -> Table:
        return FakeTable(fake)

    def let_the_fence_age(self, changes: ChangeSource) -> None:
        assert isinstance(changes, FakeDatabase)
        changes.let_the_fence_age()


class MSSQLTable:
    """Writes into dbo.SalesInvoices."""

    def __init__(self, client: MSSQLClient) -> None:
        self._engine = client.engine

    @contextmanager
    def transaction(self) -> Iterator[Statements]:
        with self._engine.begin() as connection:
            yield MSSQLStatements(connection)

    def truncate(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE TABLE dbo.SalesInvoices"))

    @contextmanager
    def being_altered(self) -> Iterator[None]:
        with self._left_open("ALTER TABLE dbo.SalesInvoices ADD remark int NULL"):
            yield

    @contextmanager
    def being_written(self, key: Key) -> Iterator[None]:
        shop, invoice = key
        with self._left_open(f"UPDATE dbo.SalesInvoices SET status = 'SYNCED' {THE_ROW}", shop=shop, invoice=invoice):
            yield

    @contextmanager
    def _left_open(self, statement: str, **values: str) -> Iterator[None]:
        with self._engine.connect() as connection:
            connection.execute(sa.text(statement), values)
            yield
            connection.rollback()


class MSSQLStatements:
    """One of its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, key: Key, *, status: str = "PENDING_SYNC") -> None:
        columns = "(shop_pharmacy_code, local_invoice_id, status)"
        self._execute(f"INSERT INTO dbo.SalesInvoices {columns} VALUES (:shop, :invoice, :status)", key, status=status)

    def set_status(self, key: Key, status: str) -> None:
        self._execute(f"UPDATE dbo.SalesInvoices SET status = :status {THE_ROW}", key, status=status)

    def set_note(self, key: Key) -> None:
        self._execute(f"UPDATE dbo.SalesInvoices SET note = :note {THE_ROW}", key, note="edited")

    def delete(self, key: Key) -> None:
        self._execute(f"DELETE FROM dbo.SalesInvoices {THE_ROW}", key)

    def _execute(self, statement: str, key: Key, **values: str) -> None:
        shop, invoice = key
        self._connection.execute(sa.text(statement), {"shop": shop, "invoice": invoice, **values})


class TestMSSQLClient(ChangeSourceContract):
    def let_the_fence_age(self, changes: ChangeSource) -> None:
        assert isinstance(changes, MSSQLClient)
        with changes.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE dbo.relay_fence SET updated_at = DATEADD(SECOND, :seconds, updated_at)"),
                {"seconds": -int(OLD_SECONDS)},
            )

    @pytest.fixture
    def changes(self, mssql: MSSQLClient) -> ChangeSource:
        return mssql

    @pytest.fixture(autouse=True)
    def short_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(locks, "LOCK_SECONDS", 0.5)

    @pytest.fixture
    def table(self, mssql: MSSQLClient) -> Table:
        return MSSQLTable(mssql)

    @pytest.mark.parametrize("column", ["version", "epoch", "generation", "store", "host", "resume"])
    def test_a_fence_that_a_person_left_empty_is_a_fence_all_the_same(
        self, mssql: MSSQLClient, table: Table, column: str
    ) -> None:
        assert set_fence(mssql, Fence(version=5, epoch="epoch", generation=1, store="mongo"), expected=None)
        with mssql.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE dbo.relay_fence SET {column} = NULL WHERE source = 'sale'"))
        found = mssql.states([SALE])["sale"].fence
        assert found is not None
        later = Fence(version=6, epoch="another", generation=2, store="ours")
        assert set_fence(mssql, later, expected=found)
        assert mssql.states([SALE])["sale"].fence == later

    @pytest.mark.parametrize("written", ["1900-01-01", "0001-01-01", "9999-12-31"])
    def test_a_fence_of_whatever_time_has_an_age(self, mssql: MSSQLClient, table: Table, written: str) -> None:
        assert set_fence(mssql, Fence(version=0, epoch="epoch", generation=1, store="mongo"), expected=None)
        with mssql.engine.begin() as connection:
            connection.execute(sa.text("UPDATE dbo.relay_fence SET updated_at = :written"), {"written": written})
        found = mssql.states([SALE])["sale"].fence
        assert found is not None
        assert (found.age_seconds > 0) == (written < "2000")
