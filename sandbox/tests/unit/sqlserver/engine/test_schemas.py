"""Schemas beside dbo."""

from __future__ import annotations

from tests.unit.sqlserver.engine.client import Client


def test_a_table_of_another_schema_is_another_table(db: Client) -> None:
    db.run("CREATE SCHEMA [stock room] AUTHORIZATION dbo")
    db.run(
        "CREATE TABLE dbo.goods (id int PRIMARY KEY)",
    )
    db.run("CREATE TABLE [STOCK ROOM].goods (id int CONSTRAINT pk_goods PRIMARY KEY, n int DEFAULT 7)")
    db.run("INSERT INTO [stock room].goods (id) VALUES (1)")
    assert db.rows("SELECT id, n FROM [stock room].goods") == [(1, 7)]
    assert db.rows("SELECT id FROM goods") == []


def test_the_catalog_says_where_it_is(db: Client) -> None:
    db.run("CREATE SCHEMA stock")
    db.run("CREATE TABLE stock.goods (id int CONSTRAINT pk_goods PRIMARY KEY)")
    number = db.value("SELECT schema_id FROM sys.schemas WHERE name = 'stock'")
    assert db.value("SELECT SCHEMA_ID('STOCK')") == number
    assert db.value(f"SELECT SCHEMA_NAME({number})") == "stock"
    assert db.value("SELECT schema_id FROM sys.tables WHERE name = 'goods'") == number
    assert db.value("SELECT schema_id FROM sys.key_constraints WHERE name = 'pk_goods'") == number
    assert db.value("SELECT TABLE_SCHEMA FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'goods'") == "stock"
    assert db.value("SELECT OBJECT_ID('stock.goods')") == db.value("SELECT OBJECT_ID(N'[stock].[goods]')")
    assert db.value("SELECT OBJECT_ID('goods')") is None
    assert ("stock",) in db.rows("SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA")


def test_constraints_of_two_schemas_may_bear_one_name(db: Client) -> None:
    db.run("CREATE SCHEMA stock")
    for table in ("stock.goods", "dbo.goods"):
        db.run(f"CREATE TABLE {table} (id int CONSTRAINT pk_goods PRIMARY KEY)")
    assert db.value("SELECT COUNT(*) FROM sys.key_constraints WHERE name = 'pk_goods'") == 2


def test_a_schema_is_dropped_when_it_is_empty(db: Client) -> None:
    db.run("CREATE SCHEMA stock")
    db.run("CREATE TABLE stock.goods (id int)")
    refused = db.error("DROP SCHEMA stock")
    assert (refused.number, refused.text) == (
        3729,
        "Cannot drop schema 'stock' because it is being referenced by object 'goods'.",
    )
    db.run("DROP TABLE stock.goods")
    db.run("DROP SCHEMA stock")
    assert db.value("SELECT SCHEMA_ID('stock')") is None
    db.run("DROP SCHEMA IF EXISTS stock")


def test_what_cannot_be_is_refused_with_sql_servers_number(db: Client) -> None:
    db.run("CREATE SCHEMA stock")
    assert db.error("CREATE SCHEMA Stock").number == 2714
    assert db.error("CREATE TABLE nowhere.goods (id int)").number == 2760
    assert db.error("CREATE TABLE sys.goods (id int)").number == 2760
    assert db.error("DROP SCHEMA nowhere").number == 15151
    assert db.error("DROP SCHEMA dbo").number == 15150
    assert "CREATE SCHEMA with CREATE" in db.error("CREATE SCHEMA s CREATE TABLE t (id int)").text


def test_a_schema_of_a_rolled_back_transaction_never_was(db: Client) -> None:
    db.run("BEGIN TRANSACTION; CREATE SCHEMA stock; ROLLBACK")
    assert db.error("CREATE TABLE stock.goods (id int)").number == 2760
