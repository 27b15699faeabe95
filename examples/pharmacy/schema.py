"""The sample business tables. Relay's migrations come later and change none of their columns."""

from __future__ import annotations

from collections.abc import Mapping

from examples.pharmacy.connection import connect
from examples.pharmacy.documents import CANCELLATION, DRAFT, IMPORT, KINDS, SALE, DocumentKind

_OWN_COLUMNS = {
    SALE.name: "customer_name nvarchar(100) NULL, total_amount decimal(12, 2) NULL",
    IMPORT.name: "supplier_name nvarchar(100) NULL, item_count int NULL",
    CANCELLATION.name: "cancelled_document_id nvarchar(40) NULL, reason nvarchar(100) NULL",
}

_EXISTING = "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'dbo'"


def create_table(kind: DocumentKind) -> str:
    """The CREATE TABLE of a kind of document.

    `revision` counts how many times the document was handed in. That is what lets the demo tell one hand-in of a
    document from the next.
    """
    return f"""
        CREATE TABLE dbo.{kind.table} (
            shop_pharmacy_code nvarchar(40) NOT NULL,
            {kind.id_column} nvarchar(40) NOT NULL,
            status nvarchar(20) NOT NULL CONSTRAINT DF_{kind.table}_status DEFAULT '{DRAFT}',
            revision int NOT NULL CONSTRAINT DF_{kind.table}_revision DEFAULT 1,
            note nvarchar(200) NULL,
            {_OWN_COLUMNS[kind.name]},
            CONSTRAINT PK_{kind.table} PRIMARY KEY (shop_pharmacy_code, {kind.id_column})
        )
    """


def create_database(settings: Mapping[str, str]) -> None:
    """Create the database that the settings name, where it is not there yet."""
    name = settings["MSSQL_DATABASE"]
    connection = connect({**settings, "MSSQL_DATABASE": "master"})
    try:
        if connection.execute("SELECT DB_ID(?)", name).fetchval() is None:
            quoted = name.replace("]", "]]")
            connection.execute(f"CREATE DATABASE [{quoted}]")
    finally:
        connection.close()


def create_tables(settings: Mapping[str, str]) -> None:
    """Create those of the tables that are not there yet, in the database that the settings name."""
    connection = connect(settings)
    try:
        existing = {name for (name,) in connection.execute(_EXISTING)}
        for kind in KINDS:
            if kind.table not in existing:
                connection.execute(create_table(kind))
    finally:
        connection.close()
