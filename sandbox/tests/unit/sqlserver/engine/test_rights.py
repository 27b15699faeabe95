"""Who may do what: GRANT, DENY and REVOKE, and what happens to those who may not."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

PASSWORD = "Fine-for-tests-1"


def denied(client: Client, sql: str, *values: object) -> list[str]:
    """The permissions that the errors 229 of a batch name."""
    errors = client.errors(sql, *values)
    assert {error.number for error in errors} == {229}
    return [error.text.split(" permission was denied")[0].removeprefix("The ") for error in errors]


def test_a_table_without_a_grant_is_refused_with_sql_servers_text(user: Client) -> None:
    error = user.error("SELECT * FROM dbo.t")
    assert (error.number, error.severity, error.state) == (229, 14, 5)
    assert error.text == "The SELECT permission was denied on the object 't', database 'sandbox', schema 'dbo'."


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("SELECT 1 FROM t", ["SELECT"]),
        ("IF EXISTS (SELECT 1 FROM t) PRINT 'yes'", ["SELECT"]),
        ("DECLARE @n int; SELECT @n = COUNT(*) FROM t", ["SELECT"]),
        ("DECLARE @n int; SET @n = (SELECT COUNT(*) FROM t)", ["SELECT"]),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM t)", ["SELECT"]),
        ("EXEC sp_executesql N'SELECT 1 FROM t'", ["SELECT"]),
        ("INSERT INTO t (id) VALUES (9)", ["INSERT"]),
        ("INSERT INTO t (id) OUTPUT inserted.id VALUES (9)", ["INSERT", "SELECT"]),
        ("UPDATE t SET a = 1", ["UPDATE"]),
        ("UPDATE t SET a = a + 1", ["UPDATE", "SELECT"]),
        ("UPDATE t SET a = 1 WHERE id = 1", ["UPDATE", "SELECT"]),
        ("DELETE FROM t", ["DELETE"]),
        ("DELETE FROM t WHERE id = 1", ["DELETE", "SELECT"]),
        ("SELECT 1 FROM CHANGETABLE(CHANGES t, 0) AS c", ["VIEW CHANGE TRACKING", "SELECT"]),
        ("SELECT 1 FROM CHANGETABLE(VERSION t, (id), (1)) AS c", ["VIEW CHANGE TRACKING", "SELECT"]),
    ],
)
def test_each_statement_asks_for_what_it_needs_and_for_no_more(
    tracked: Client, user: Client, statement: str, needed: list[str]
) -> None:
    assert sorted(denied(user, statement)) == sorted(needed)
    for permission in needed[1:]:
        tracked.run(f"GRANT {permission} ON t TO u")
    assert denied(user, statement) == needed[:1]
    tracked.run(f"GRANT {needed[0]} ON OBJECT::dbo.t TO u")
    user.run(statement)
    tracked.run(f"REVOKE {needed[0]} ON t FROM u")
    assert denied(user, statement) == needed[:1]


@pytest.mark.parametrize("where", ["ON t", "ON SCHEMA::dbo", "ON DATABASE::sandbox", ""])
def test_a_permission_may_be_given_on_the_table_its_schema_or_the_database(
    tracked: Client, user: Client, where: str
) -> None:
    tracked.run(f"GRANT SELECT {where} TO u")
    assert len(user.rows("SELECT id FROM t")) == 3
    assert denied(user, "DELETE FROM t") == ["DELETE"]
    tracked.run(f"REVOKE SELECT {where} FROM u; GRANT CONTROL {where} TO u")
    assert len(user.rows("SELECT id FROM t")) == 3
    user.run("DELETE FROM t WHERE id = 1; ALTER TABLE t ADD d int")


def test_a_permission_elsewhere_gives_nothing_here(tracked: Client, user: Client) -> None:
    tracked.run("CREATE SCHEMA other")
    tracked.run("CREATE TABLE other.t (id int)")
    tracked.run("GRANT CONTROL ON other.t TO u; GRANT CONTROL ON SCHEMA::other TO u")
    assert user.rows("SELECT id FROM other.t") == []
    assert denied(user, "SELECT id FROM dbo.t") == ["SELECT"]


@pytest.mark.parametrize("where", ["ON t", "ON SCHEMA::dbo", ""])
def test_a_denial_outweighs_every_grant(tracked: Client, user: Client, where: str) -> None:
    tracked.run("ALTER ROLE db_owner ADD MEMBER u; GRANT SELECT ON t TO u")
    tracked.run(f"DENY SELECT {where} TO u")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]
    user.run("DELETE FROM t")
    tracked.run(f"GRANT SELECT {where} TO u")
    assert user.rows("SELECT id FROM t") == []


def test_what_public_has_everybody_has(tracked: Client, user: Client) -> None:
    tracked.run("GRANT SELECT ON t TO public")
    assert len(user.rows("SELECT id FROM t")) == 3
    tracked.run("REVOKE SELECT ON t TO public CASCADE")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]


def test_the_fixed_roles(tracked: Client, user: Client) -> None:
    tracked.run("ALTER ROLE db_datareader ADD MEMBER u")
    assert user.rows("SELECT id FROM t") == [(1,), (2,), (3,)]
    assert denied(user, "SELECT 1 FROM CHANGETABLE(CHANGES t, 0) AS c") == ["VIEW CHANGE TRACKING"]
    assert denied(user, "DELETE FROM t WHERE id = 1") == ["DELETE"]
    tracked.run("ALTER ROLE db_datawriter ADD MEMBER u")
    user.run("DELETE FROM t WHERE id = 1")
    tracked.run("ALTER ROLE db_datareader DROP MEMBER u; ALTER ROLE db_owner ADD MEMBER u")
    user.run("SELECT 1 FROM CHANGETABLE(CHANGES t, 0) AS c; CREATE TABLE mine (id int); DROP TABLE mine")
    user.run("CREATE USER another WITHOUT LOGIN; GRANT SELECT ON t TO another")
    tracked.run("ALTER ROLE db_owner DROP MEMBER u")
    assert user.number("CREATE TABLE mine (id int)") == 262


def test_a_session_whose_user_was_dropped_has_no_rights_of_the_next_user(tracked: Client, user: Client) -> None:
    tracked.run("GRANT SELECT ON t TO u")
    assert len(user.rows("SELECT id FROM t")) == 3
    tracked.run("DROP USER u; CREATE USER v WITHOUT LOGIN; GRANT SELECT ON t TO v")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]


def test_the_permissions_of_a_dropped_table_are_not_those_of_the_next_one(tracked: Client, user: Client) -> None:
    tracked.run("GRANT SELECT ON t TO u; DROP TABLE t; CREATE TABLE t (id int)")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]


def test_a_permission_of_a_rolled_back_transaction_never_was(tracked: Client, user: Client) -> None:
    tracked.run("BEGIN TRANSACTION; GRANT SELECT ON t TO u; ROLLBACK")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]


@pytest.mark.parametrize(
    ("statement", "errors"),
    [
        ("ALTER TABLE dbo.t ADD d int", [(1088, 16, 13)]),
        ("ALTER TABLE dbo.t DISABLE CHANGE_TRACKING", [(1088, 16, 13)]),
        ("TRUNCATE TABLE dbo.t", [(1088, 16, 7)]),
        ("CREATE INDEX i ON dbo.t (a)", [(1088, 16, 12)]),
        ("SET IDENTITY_INSERT dbo.t ON", [(1088, 16, 11)]),
        ("DROP TABLE dbo.t", [(3701, 14, 20)]),
        ("DROP INDEX i ON dbo.t", [(3701, 14, 20)]),
        ("CREATE TABLE dbo.mine (id int)", [(262, 14, 1)]),
        ("CREATE SCHEMA mine", [(262, 14, 1), (2759, 16, 0)]),
        ("DROP SCHEMA empty", [(15151, 16, 1)]),
        ("CREATE DATABASE mine", [(262, 14, 1)]),
        ("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON", [(5011, 14, 9), (5069, 16, 1)]),
        ("ALTER DATABASE sandbox SET CHANGE_TRACKING = OFF", [(5011, 14, 9), (5069, 16, 1)]),
        ("ALTER DATABASE master SET ALLOW_SNAPSHOT_ISOLATION ON", [(5011, 14, 9), (5069, 16, 1)]),
        ("CREATE LOGIN mine WITH PASSWORD = 'Fine-for-tests-2'", [(15247, 16, 1)]),
        ("DROP LOGIN u", [(15151, 16, 1)]),
        ("CREATE USER mine WITHOUT LOGIN", [(15247, 16, 1)]),
        ("DROP USER u", [(15151, 16, 1)]),
        ("ALTER ROLE db_owner ADD MEMBER u", [(15151, 16, 2)]),
        ("GRANT SELECT ON dbo.t TO v", [(15151, 16, 1)]),
        ("GRANT SELECT ON SCHEMA::dbo TO v", [(15151, 16, 1)]),
        ("GRANT SELECT TO v", [(4613, 16, 1)]),
        ("SELECT * FROM sys.dm_tran_commit_table", [(262, 14, 1), (297, 16, 1)]),
        ("EXEC sys.sp_flush_CT_internal_table_on_demand", [(15247, 16, 1)]),
    ],
)
def test_definitions_are_not_for_everybody(
    tracked: Client, user: Client, statement: str, errors: list[tuple[int, int, int]]
) -> None:
    tracked.run("CREATE SCHEMA empty")
    tracked.run("CREATE USER v WITHOUT LOGIN; GRANT SELECT ON t TO u; CREATE INDEX i ON t (b)")
    said = user.errors(statement)
    assert [(error.number, error.severity, error.state) for error in said] == errors


def test_alter_on_the_table_is_enough_to_track_it(tracked: Client, user: Client) -> None:
    tracked.run("GRANT ALTER ON t TO u")
    user.run("ALTER TABLE t DISABLE CHANGE_TRACKING")
    user.run("ALTER TABLE t ENABLE CHANGE_TRACKING; TRUNCATE TABLE t")
    assert denied(user, "SELECT id FROM t") == ["SELECT"]


def test_alter_on_the_database_is_enough_to_change_it(tracked: Client, user: Client) -> None:
    tracked.run("GRANT ALTER TO u")
    user.run("ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON")
    user.run("CREATE TABLE mine (id int); DROP TABLE mine")
    assert user.number("DROP USER nobody") == 15151


def test_creating_a_table_takes_its_schema_too(tracked: Client, user: Client) -> None:
    tracked.run("GRANT CREATE TABLE TO u")
    assert user.number("CREATE TABLE mine (id int)") == 2760
    tracked.run("GRANT ALTER ON SCHEMA::dbo TO u")
    user.run("CREATE TABLE mine (id int)")


def test_select_into_takes_the_query_and_the_table_but_no_insert(tracked: Client, user: Client) -> None:
    assert denied(user, "SELECT * INTO mine FROM t") == ["SELECT"]
    tracked.run("GRANT SELECT ON t TO u")
    assert user.number("SELECT * INTO mine FROM t") == 262
    tracked.run("GRANT CREATE TABLE TO u; GRANT ALTER ON SCHEMA::dbo TO u")
    assert user.run("SELECT * INTO mine FROM t") == [3]
    assert denied(user, "SELECT * FROM mine") == ["SELECT"]


def test_the_state_of_the_database_is_for_those_who_may_view_it(tracked: Client, user: Client) -> None:
    tracked.run("GRANT VIEW DATABASE STATE TO u")
    assert user.rows("SELECT commit_ts FROM sys.dm_tran_commit_table") == []


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("GRANT SELECT ON nothing TO u", 15151),
        ("GRANT SELECT ON SCHEMA::nothing TO u", 15151),
        ("GRANT SELECT ON t TO nobody", 15151),
        ("GRANT SELECT ON DATABASE::master TO u", 4610),
        ("GRANT SELECT ON t TO dbo", 4624),
        ("DENY SELECT ON t TO db_owner", 4617),
        ("GRANT CREATE TABLE ON t TO u", 4606),
        ("GRANT SELECT ON t FROM u", 102),
        ("GRANT EXECUTE ON t TO u", 40000),
        ("GRANT VIEW CHANGE TRACKING TO u", 40000),
        ("GRANT SELECT (a) ON t TO u", 40000),
        ("GRANT SELECT ON t TO u WITH GRANT OPTION", 40000),
        ("REVOKE GRANT OPTION FOR SELECT ON t FROM u", 40000),
    ],
)
def test_a_grant_that_cannot_be_is_refused(tracked: Client, user: Client, statement: str, number: int) -> None:
    assert tracked.number(statement) == number
