"""The control call itself: its lines, what it refuses, and the command line in front of it."""

from __future__ import annotations

import datetime as dt
import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox import env_file
from sandbox.control import ControlError, SqlServerControl
from sandbox.control_commands import fault
from sandbox.services import free_port
from tests.integration.control.client import Connect

EIGHT_DAYS = dt.timedelta(days=8)


@pytest.fixture
def env_path(servers: Mapping[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "env"
    env_file.write(path, servers)
    return path


def say(servers: Mapping[str, str], *lines: bytes) -> list[dict[str, object]]:
    """Send lines; gives the replies up to the end of the connection."""
    host, port = servers[env_file.CONTROL].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"".join(lines))
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as replies:
            return [json.loads(line) for line in replies]


def sandbox(env_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *words, "--env-file", str(env_path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


# Lines


def test_several_commands_on_one_connection(servers: Mapping[str, str], control: SqlServerControl) -> None:
    found = say(servers, b'{"command": "clear"}\n', b'{"command": "nonsense"}\n', b'{"command": "faults"}\n')
    assert [next(iter(reply)) for reply in found] == ["result", "error", "result"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"command": "explode"}, "there is no command explode: there are arm, faults, clear"),
        ({}, "there is no command None"),
        ({"command": "clear", "numbr": 1}, "numbr: Unexpected keyword argument"),
        ({"command": "offline"}, "database: Missing required"),
        ({"command": "offline", "database": 7}, "database: Input should be a valid string"),
        ({"command": "forward", "seconds": -1}, "seconds: Input should be greater than or equal to 0"),
        ({"command": "forward", "seconds": 1e300}, "the clock ends with the year 9999"),
        ({"command": "arm", "fault": {"kind": "flood"}}, "fault: Input tag 'flood'"),
        ({"command": "arm", "fault": {"kind": "delay"}}, "fault.delay.milliseconds: Field required"),
        ({"command": "arm", "fault": {"kind": "login", "text": "x"}}, "fault.login.text: Unexpected keyword argument"),
        ({"command": "arm", "fault": {"kind": "cut", "times": 0}}, "fault.cut.times"),
        (
            {"command": "restore", "database": "sandbox", "name": "never"},
            "there is no backup never of database sandbox",
        ),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused_by_name(servers: Mapping[str, str], line: object, problem: str) -> None:
    [reply] = say(servers, json.dumps(line).encode() + b"\n")
    assert problem in str(reply["error"])


def test_what_is_no_command_ends_the_connection(servers: Mapping[str, str], control: SqlServerControl) -> None:
    """So that no web page can post a command behind its own headers."""
    assert say(servers, b"POST / HTTP/1.1\r\n", b'{"command": "forward", "seconds": 60}\n') == []
    assert control.ahead() == dt.timedelta()


def test_half_a_command_is_refused(servers: Mapping[str, str]) -> None:
    [reply] = say(servers, b'{"command": \n')
    assert "not a line of JSON" in str(reply["error"])


def test_nobody_at_home(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="nobody takes commands"):
        SqlServerControl("127.0.0.1", free_port()).faults()
    with pytest.raises(ControlError, match="names no SANDBOX_CONTROL: is a sandbox up"):
        SqlServerControl.of(tmp_path / "env")
    with pytest.raises(ControlError, match="no HOST:PORT"):
        SqlServerControl.at("somewhere")


# The clock


def test_the_clock_is_the_servers(client: Connect, control: SqlServerControl) -> None:
    control.put_clock_forward(EIGHT_DAYS)
    assert control.ahead() == EIGHT_DAYS
    said = client().execute("SELECT SYSUTCDATETIME()").fetchval()
    assert abs(said - control.now()) < dt.timedelta(minutes=1)
    control.set_real_time()
    assert control.ahead() == dt.timedelta()


@pytest.fixture
def tracked(client: Connect) -> str:
    """A table under change tracking with a row that was written since; dropped by the next test that wants it."""
    connection = client()
    connection.execute("IF OBJECT_ID('dbo.Clock') IS NOT NULL DROP TABLE dbo.Clock")
    connection.execute("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)")
    connection.execute("CREATE TABLE dbo.Clock (id int NOT NULL PRIMARY KEY)")
    connection.execute("ALTER TABLE dbo.Clock ENABLE CHANGE_TRACKING")
    connection.execute("INSERT INTO dbo.Clock VALUES (1)")
    return "dbo.Clock"


def test_retention_passes_at_once(tracked: str, client: Connect, control: SqlServerControl) -> None:
    connection = client()
    current, valid = (
        "SELECT CHANGE_TRACKING_CURRENT_VERSION()",
        f"SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('{tracked}'))",
    )
    changes = f"SELECT id FROM CHANGETABLE(CHANGES {tracked}, ?) AS c"
    version = connection.execute(current).fetchval()
    assert connection.execute(valid).fetchval() < version
    assert len(connection.execute(changes, version - 1).fetchall()) == 1
    control.put_clock_forward(dt.timedelta(days=365))
    assert connection.execute(valid).fetchval() == version
    assert connection.execute(changes, version - 1).fetchall() == []
    connection.execute("ALTER TABLE dbo.Clock DISABLE CHANGE_TRACKING")
    connection.execute("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF")


# The command line


def test_faults_on_the_command_line(env_path: Path, client: Connect, control: SqlServerControl) -> None:
    done = sandbox(env_path, "fault", "error", "1205", "--text", "SELECT", "--times", "0", "--skip", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("armed, number ")
    assert "error  skip=3 text=SELECT number=1205" in sandbox(env_path, "fault", "list").stdout
    assert sandbox(env_path, "fault", "clear").stdout == "disarmed 1\n"
    assert sandbox(env_path, "fault", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("cut", "after", "--rows", "5"), {"kind": "cut", "moment": "after", "rows": 5, "times": 1}),
        (("delay", "200"), {"kind": "delay", "milliseconds": 200, "times": None}),
        (("login", "--application", "sandbox"), {"kind": "login", "application": "sandbox", "times": 1}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_every_kind_of_fault_can_be_typed(
    env_path: Path, control: SqlServerControl, words: tuple[str, ...], expected: dict[str, object]
) -> None:
    assert sandbox(env_path, "fault", *words).returncode == 0
    [armed] = control.faults().values()
    assert expected.items() <= armed.items()


def test_a_database_on_the_command_line(env_path: Path, control: SqlServerControl, client: Connect) -> None:
    for words in (["fault", "offline"], ["fault", "online"], ["backup", "typed"], ["restore", "typed"]):
        done = sandbox(env_path, *words)
        assert (done.returncode, done.stderr) == (0, "")
    assert client().execute("SELECT DB_NAME()").fetchval() == "sandbox"


def test_the_clock_on_the_command_line(env_path: Path, control: SqlServerControl) -> None:
    assert "8 days, 0:00:00 before the real time" in sandbox(env_path, "clock", "+8d").stdout
    assert control.ahead() == EIGHT_DAYS
    assert "0:00:00 before the real time" in sandbox(env_path, "clock", "real").stdout
    assert control.ahead() == dt.timedelta()
    assert sandbox(env_path, "cleanup").returncode == 0


@pytest.mark.parametrize("words", [("clock", "yesterday"), ("fault", "error", "547"), ("restore", "never")], ids=str)
def test_what_cannot_be_done_is_told_in_a_line(env_path: Path, words: tuple[str, ...]) -> None:
    done = sandbox(env_path, *words)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("sandbox: ")


@pytest.mark.parametrize("command", fault.registered_commands, ids=lambda command: command.name)
def test_every_fault_has_an_example(command: object) -> None:
    assert "Example: python -m sandbox fault " in (command.callback.__doc__ or "")  # type: ignore[attr-defined]
