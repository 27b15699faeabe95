"""What no document says of the errors that follow from missing rights, asked of the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pyodbc
import pytest

from sandbox.odbc import connect
from sandbox.testing.logins import OwnLogin, own_login
from sandbox.testing.real_server_decides import REFUSED, Decide
from sandbox.testing.sqlserver_process import SqlServer

pytestmark = pytest.mark.real_server_decides


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement by somebody who has been granted this much, and the answer that the stand-in gives."""

    grants: tuple[tuple[str, str], ...] = ()
    statement: str
    answer: object


MIN_VALID = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION({id})"
QUESTIONS = [
    Question(statement="CREATE SCHEMA mine", answer=262),
    Question(statement="DROP INDEX i ON dbo.T", answer=3701),
    Question(statement="EXEC sys.sp_flush_CT_internal_table_on_demand", answer=15247),
    Question(statement="SELECT COUNT(*) FROM sys.dm_tran_commit_table", answer=262),
    Question(statement="SELECT HAS_PERMS_BY_NAME('dbo.T', 'OBJECT', 'SELECT')", answer=0),
    Question(statement="SELECT COUNT(*) FROM sys.change_tracking_databases WHERE database_id = DB_ID()", answer=1),
    Question(statement=MIN_VALID, answer=None),
    Question(statement=MIN_VALID, grants=(("SELECT", "dbo.T"),), answer=None),
    Question(statement=MIN_VALID, grants=(("VIEW CHANGE TRACKING", "dbo.T"),), answer=None),
    Question(
        statement="SELECT COUNT(*) FROM sys.change_tracking_tables",
        grants=(("VIEW CHANGE TRACKING", "dbo.T"),),
        answer=1,
    ),
    Question(statement="SELECT COUNT(*) FROM sys.tables", grants=(("VIEW CHANGE TRACKING", "SCHEMA::dbo"),), answer=1),
    Question(statement="GRANT SELECT ON dbo.T TO public", grants=(("SELECT", "dbo.T"),), answer=15151),
    Question(statement="GRANT SELECT ON SCHEMA::dbo TO public", answer=15151),
]


@pytest.fixture
def database(server: SqlServer) -> str:
    """A database with one tracked table."""
    name = server.new_database()
    with closing(server.connect(name)) as connection:
        connection.execute(f"ALTER DATABASE [{name}] SET CHANGE_TRACKING = ON")
        connection.execute("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, a int NULL)")
        connection.execute("CREATE INDEX i ON dbo.T (a)")
        connection.execute("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    return name


@pytest.fixture
def login(server: SqlServer, database: str) -> Iterator[OwnLogin]:
    with closing(server.connect(database)) as administrator, own_login(administrator) as login:
        yield login


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.statement} {question.grants}")
def test_without_the_right(
    server: SqlServer, database: str, login: OwnLogin, question: Question, decide: Decide
) -> None:
    for permissions, where in question.grants:
        login.grant(permissions, where)
    number = login.administrator.execute("SELECT OBJECT_ID('dbo.T')").fetchval()
    with closing(connect(login.settings(server.settings(database)))) as connection:
        answer = _answer(connection, question.statement.format(id=number))
        decide(connection, f"{question.statement}, granted {question.grants}", question.answer, answer)


def test_view_change_tracking_on_a_database(login: OwnLogin, decide: Decide) -> None:
    answer = _answer(login.administrator, f"GRANT VIEW CHANGE TRACKING TO [{login.name}]")
    decide(login.administrator, "GRANT VIEW CHANGE TRACKING on the database", REFUSED, answer)


def _answer(connection: pyodbc.Connection, statement: str) -> object:
    """The first value of a statement's rows, None without rows, or the number of its error."""
    try:
        cursor = connection.execute(statement)
        return cursor.fetchval() if cursor.description else None
    except pyodbc.Error as error:
        return int(str(error.args[1]).rsplit("(", 2)[1].split(")")[0])
