"""Change tracking: SQL Server remembers *that* a row changed, and in which version, but not what it was before.

Every transaction that changes a tracked table gets a version, one higher than the last in the whole database. Asked
for the changes since a version, SQL Server names each changed row once, with its last version. Nobody has to add a
trigger or a column, and whoever writes notices nothing.
"""

from __future__ import annotations

import sqlalchemy as sa

from common.database.mssql_client import MSSQLClient
from tests.support.pharmacy import Desk

VERSION = "SELECT CHANGE_TRACKING_CURRENT_VERSION()"
CHANGES = """
    SELECT local_invoice_id, SYS_CHANGE_VERSION - :since AS later, SYS_CHANGE_OPERATION AS operation
    FROM CHANGETABLE(CHANGES dbo.SalesInvoices, :since) AS ct
    ORDER BY SYS_CHANGE_VERSION
"""


def test_changes_are_named_once_with_their_last_version(mssql: MSSQLClient, pharmacy: Desk) -> None:
    with mssql.engine.connect() as connection:
        since = connection.execute(sa.text(VERSION)).scalar_one()

        pharmacy.insert("HĐ-1")
        pharmacy.insert("HĐ-2")
        pharmacy.set_status("HĐ-1", "SYNCED")

        changes = connection.execute(sa.text(CHANGES), {"since": since}).all()
    # HĐ-1 was inserted first and changed last: it is one change, of the third version.
    assert [tuple(row) for row in changes] == [("HĐ-2", 2, "I"), ("HĐ-1", 3, "I")]


def test_versions_count_transactions_not_rows(mssql: MSSQLClient, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2")
    with mssql.engine.begin() as connection:
        before = connection.execute(sa.text(VERSION)).scalar_one()
        connection.execute(sa.text("UPDATE dbo.SalesInvoices SET note = 'seen'"))
    with mssql.engine.connect() as connection:
        assert connection.execute(sa.text(VERSION)).scalar_one() == before + 1
