"""Logins, and the users that they are in databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine, open_engine
from tests.unit.sqlserver.engine.client import Client, all_of

PASSWORD = "Fine-for-tests-1"
READER = f"CREATE LOGIN reader WITH PASSWORD = N'{PASSWORD}'"


def refusal(engine: SqlEngine, user: str, password: str, database: str = "sandbox") -> list[int]:
    """The numbers of the errors that a login ends with."""
    with pytest.raises(SqlError) as raised:
        engine.login(user, password, database, "tests")
    return [error.number for error in all_of(raised.value)]


def test_a_login_is_let_in_where_it_has_a_user(db: Client, engine: SqlEngine) -> None:
    db.run(f"{READER}; CREATE USER [the reader] FOR LOGIN reader")
    reader = Client(engine, "sandbox", "Reader", PASSWORD)
    asked = "SELECT SUSER_SNAME(), ORIGINAL_LOGIN(), USER_NAME(), CURRENT_USER, IS_SRVROLEMEMBER('sysadmin')"
    assert reader.rows(asked) == [("reader", "reader", "the reader", "the reader", 0)]
    assert db.rows(asked) == [("sa", "sa", "dbo", "dbo", 1)]
    assert reader.value("SELECT login_name FROM sys.dm_exec_sessions") == "reader"


def test_who_is_not_let_in(db: Client, engine: SqlEngine) -> None:
    db.run(f"{READER}; CREATE USER orphan WITHOUT LOGIN")
    assert refusal(engine, "reader", "wrong") == [18456]
    assert refusal(engine, "nobody", PASSWORD) == [18456]
    assert refusal(engine, "orphan", "") == [18456]
    assert refusal(engine, "reader", PASSWORD) == [4060, 18456]
    assert refusal(engine, "reader", PASSWORD, "nowhere") == [4060, 18456]


def test_everybody_may_enter_master_as_guest(db: Client, engine: SqlEngine) -> None:
    db.run(READER)
    reader = Client(engine, "", "reader", PASSWORD)
    assert reader.rows("SELECT DB_NAME(), USER_NAME()") == [("master", "guest")]
    refused = reader.error("USE sandbox")
    assert (refused.number, refused.severity) == (916, 14)
    assert refused.text == (
        'The server principal "reader" is not able to access the database "sandbox" under the current security context.'
    )
    assert reader.value("SELECT DB_NAME()") == "master"
    db.run("CREATE USER reader")
    reader.run("USE sandbox")
    assert reader.value("SELECT USER_NAME()") == "reader"


def test_a_login_made_again_under_the_same_name_is_another_one(db: Client, engine: SqlEngine) -> None:
    db.run(f"{READER}; CREATE USER reader FOR LOGIN reader; DROP LOGIN reader; {READER}")
    assert refusal(engine, "reader", PASSWORD) == [4060, 18456]
    db.run("DROP USER reader; CREATE USER reader FOR LOGIN reader")
    assert Client(engine, "sandbox", "reader", PASSWORD).value("SELECT USER_NAME()") == "reader"


def test_a_login_in_use_cannot_be_dropped(db: Client, engine: SqlEngine) -> None:
    db.run(f"{READER}; CREATE USER reader")
    reader = Client(engine, "sandbox", "reader", PASSWORD)
    refused = db.error("DROP LOGIN reader")
    assert (refused.number, refused.text) == (
        15434,
        "Could not drop login 'reader' as the user is currently logged in.",
    )
    reader.session.close()
    db.run("DROP LOGIN reader")
    assert refusal(engine, "reader", PASSWORD) == [18456]


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("CREATE LOGIN reader WITH PASSWORD = 'Fine-for-tests-2'", 15025),
        ("CREATE LOGIN sa WITH PASSWORD = 'Fine-for-tests-2'", 15025),
        ("CREATE LOGIN other WITH PASSWORD = 'Short-1'", 33062),
        ("CREATE LOGIN other WITH PASSWORD = 'only-lower-case'", 33064),
        ("CREATE LOGIN other WITH PASSWORD = 'My-Other-Secret-1'", 33064),
        ("DROP LOGIN nobody", 15151),
        ("DROP LOGIN sa", 15150),
        ("CREATE USER reader", 15023),
        ("CREATE USER dbo WITHOUT LOGIN", 15023),
        ("CREATE USER other", 15007),
        ("CREATE USER other FOR LOGIN reader", 15063),
        ("CREATE USER other FOR LOGIN sa", 15063),
        ("DROP USER nobody", 15151),
        ("DROP USER dbo", 15150),
        ("ALTER ROLE nobody ADD MEMBER reader", 15151),
        ("ALTER ROLE db_owner ADD MEMBER nobody", 15151),
        ("ALTER ROLE db_owner ADD MEMBER dbo", 15405),
        ("ALTER ROLE [public] ADD MEMBER reader", 15081),
        ("CREATE LOGIN other WITH PASSWORD = '1', SID = 0x01", 40000),
        ("CREATE LOGIN [d\\other] FROM WINDOWS", 40000),
        ("CREATE USER other WITH DEFAULT_SCHEMA = other", 40000),
        ("ALTER ROLE db_ddladmin ADD MEMBER reader", 40000),
        ("BEGIN TRANSACTION; DROP LOGIN reader", 40000),
    ],
)
def test_what_cannot_be_is_refused_with_sql_servers_number(db: Client, statement: str, number: int) -> None:
    db.run(f"{READER}; CREATE USER reader")
    assert db.number(statement) == number


def test_a_weak_password_is_taken_where_the_policy_is_off(db: Client, engine: SqlEngine) -> None:
    db.run("CREATE LOGIN weak WITH PASSWORD = 'weak', CHECK_POLICY = OFF, CHECK_EXPIRATION = OFF; CREATE USER weak")
    assert Client(engine, "sandbox", "weak", "weak").value("SELECT USER_NAME()") == "weak"


def test_the_catalog_knows_logins_and_users(db: Client) -> None:
    assert db.rows("SELECT SUSER_ID('reader'), DATABASE_PRINCIPAL_ID('reader')") == [(None, None)]
    db.run(f"{READER}; CREATE USER reader; ALTER ROLE db_datareader ADD MEMBER reader")
    joined = (
        "SELECT s.name, d.name, d.type_desc FROM sys.server_principals AS s JOIN sys.database_principals AS d"
        " ON d.sid = s.sid ORDER BY s.name"
    )
    assert db.rows(joined) == [("reader", "reader", "SQL_USER"), ("sa", "dbo", "SQL_USER")]
    roles = (
        "SELECT r.name FROM sys.database_role_members AS m JOIN sys.database_principals AS r"
        " ON r.principal_id = m.role_principal_id WHERE m.member_principal_id = USER_ID('reader')"
    )
    assert db.rows(roles) == [("db_datareader",)]
    assert db.value("SELECT USER_NAME(DATABASE_PRINCIPAL_ID('READER'))") == "reader"


def test_a_user_of_a_rolled_back_transaction_never_was(db: Client, engine: SqlEngine) -> None:
    db.run(READER)
    db.run("BEGIN TRANSACTION; CREATE USER reader; ROLLBACK")
    assert refusal(engine, "reader", PASSWORD) == [4060, 18456]


def test_all_of_it_survives_a_restart(db: Client, engine: SqlEngine, data: Path) -> None:
    db.run(f"CREATE TABLE t (id int); CREATE TABLE u (id int); {READER}; CREATE USER reader")
    db.run("GRANT SELECT ON t TO reader; DENY SELECT ON u TO reader; ALTER ROLE db_datareader ADD MEMBER reader")
    engine.close()
    again = open_engine(data, user="sa", password="secret", database="sandbox")
    try:
        reader = Client(again, "sandbox", "reader", PASSWORD)
        assert reader.rows("SELECT id FROM t") == []
        assert reader.number("SELECT id FROM u") == 229
        assert refusal(again, "reader", "wrong") == [18456]
    finally:
        again.close()
