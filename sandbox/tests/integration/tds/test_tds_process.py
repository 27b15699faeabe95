"""The server as a process of its own, with the real engine behind it.

fast_executemany is tested here too: pyodbc keeps Python's lock while it sends, so a server in the same process could
not answer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyodbc
import pytest

from tests.integration.tds.client import connect
from tests.integration.tds.fake_engine import PASSWORD

TRUSTED = "Encrypt=yes;TrustServerCertificate=yes"


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.sqlserver", "--data", str(folder), "--port", "0", *options],
        env={**os.environ, "MSSQL_SA_PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready, host, port = process.stdout.readline().split()
        assert (ready, host) == ("ready", "127.0.0.1")
        yield process, int(port)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("sqlserver")) as (_process, port):
        connection = connect(port, autocommit=True)
        connection.execute("ALTER DATABASE sandbox SET ALLOW_SNAPSHOT_ISOLATION ON")
        connection.close()
        yield port


@pytest.fixture
def table(port: int) -> Iterator[pyodbc.Connection]:
    """A connection, and the empty table `numbers`."""
    connection = connect(port, autocommit=True)
    connection.execute("CREATE TABLE numbers (id int NOT NULL PRIMARY KEY, words nvarchar(max) NULL)")
    yield connection
    connection.execute("DROP TABLE numbers")
    connection.close()


def count(connection: pyodbc.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM numbers").fetchval())


@pytest.mark.parametrize("size", [5, 5000])
def test_fast_executemany(table: pyodbc.Connection, size: int) -> None:
    cursor = table.cursor()
    cursor.fast_executemany = True
    cursor.executemany("INSERT numbers (id, words) VALUES (?, ?)", [(n, f"{n} " * size) for n in range(500)])
    rows = table.execute("SELECT id, words FROM numbers ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(n, f"{n} " * size) for n in range(500)]


def test_one_bad_row_among_many_is_told(table: pyodbc.Connection) -> None:
    cursor = table.cursor()
    cursor.fast_executemany = True
    with pytest.raises(pyodbc.IntegrityError, match="2627"):
        cursor.executemany("INSERT numbers (id) VALUES (?)", [(1,), (2,), (2,), (3,)])
    # As SQL Server does: each row is a statement of its own.
    assert count(table) == 3


def test_rows_after_the_end_of_their_transaction_are_not_written(table: pyodbc.Connection, port: int) -> None:
    table.execute("INSERT numbers (id, words) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    client = connect(port)
    client.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    client.commit()
    client.execute("SELECT * FROM numbers").fetchall()
    table.execute("UPDATE numbers SET words = 'taken' WHERE id = 2")
    cursor = client.cursor()
    cursor.fast_executemany = True
    with pytest.raises(pyodbc.ProgrammingError, match="3960"):
        cursor.executemany("UPDATE numbers SET words = ? WHERE id = ?", [("x", 1), ("x", 2), ("x", 3)])
    client.rollback()
    assert [row.words for row in client.execute("SELECT words FROM numbers ORDER BY id")] == ["a", "taken", "c"]
    client.close()


def test_prepared_statements_do_not_pile_up_errors(table: pyodbc.Connection) -> None:
    cursor = table.cursor()
    cursor.execute("INSERT numbers (id) VALUES (?)", 1)
    for _ in range(3):
        with pytest.raises(pyodbc.IntegrityError):
            cursor.execute("INSERT numbers (id) VALUES (?)", 1)
    assert cursor.execute("INSERT numbers (id) VALUES (?)", 2).rowcount == 1


def test_null_parameters(table: pyodbc.Connection) -> None:
    table.execute("INSERT numbers (id, words) VALUES (?, ?)", 1, None)
    assert table.execute("SELECT words FROM numbers WHERE id = ?", 1).fetchval() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_signals_and_keeps_its_data(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as (process, port):
        kept = connect(port, autocommit=True)
        kept.execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY)")
        kept.execute("INSERT t (id) VALUES (7)")
        process.send_signal(number)
        assert process.wait(20) == 0
        with pytest.raises(pyodbc.Error):
            kept.execute("SELECT 1")
    with running(tmp_path) as (_process, port):
        again = connect(port)
        assert again.execute("SELECT id FROM t").fetchval() == 7
        again.close()


@pytest.mark.parametrize("encrypt", ["no", "yes", "strict", "optional"])
def test_encryption_can_be_chosen(tmp_path: Path, encrypt: str) -> None:
    ways = {
        "no": "Encrypt=no",
        "yes": TRUSTED,
        "strict": f"Encrypt=strict;ServerCertificate={tmp_path / 'certificate.pem'}",
        "optional": "Encrypt=no",
    }
    with running(tmp_path, "--encrypt", encrypt) as (_process, port):
        connection = connect(port, encrypt=ways[encrypt])
        assert connection.execute("SELECT ?", "x" * 10_000).fetchval() == "x" * 10_000
        connection.close()
    assert (tmp_path / "certificate.key").exists() == (encrypt != "no")


def test_a_missing_password_is_told(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "sandbox.sqlserver", "--data", str(tmp_path), "--password-env", "NOBODY_SETS_THIS"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert found.returncode == 1
    assert "NOBODY_SETS_THIS is empty: put the password there" in found.stderr


def test_a_taken_port_is_told(tmp_path: Path, port: int) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "sandbox.sqlserver", "--data", str(tmp_path), "--port", str(port)],
        env={**os.environ, "MSSQL_SA_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert found.returncode == 1
    assert "choose another with --port" in found.stderr


def test_a_taken_control_port_is_told(tmp_path: Path, port: int) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "sandbox.sqlserver", "--data", str(tmp_path), "--control-port", str(port)],
        env={**os.environ, "MSSQL_SA_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert found.returncode == 1
    assert "choose another with --control-port" in found.stderr
