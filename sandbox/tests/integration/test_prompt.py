"""`python -m sandbox sql`, as a person or a script uses it."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.testing.sqlserver_process import SqlServer
from sandbox.waiting import wait_until


@pytest.fixture
def env(server: SqlServer, tmp_path: Path) -> Path:
    """The settings of an empty database."""
    return _env_file(tmp_path / "env", server.settings(server.new_database()))


def _env_file(path: Path, settings: Mapping[str, str]) -> Path:
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path


def _sql(env: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "sql", "--env-file", str(env), *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_query_is_answered_in_columns(env: Path) -> None:
    done = _sql(env, "-Q", "SELECT 1 AS one, N'Hóa đơn' AS name, NULL AS nothing, 0x0AFF AS bytes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "one name    nothing bytes",
        "--- ------- ------- ------",
        "1   Hóa đơn NULL    0x0AFF",
        "(1 row affected)",
    ]


def test_a_batch_may_have_several_results(env: Path) -> None:
    sql = "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); PRINT 'written'; SELECT id FROM t ORDER BY id"
    done = _sql(env, "-Q", sql)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == ["(2 rows affected)", "written", "id"]
    assert "(2 rows affected)" in done.stdout.split("\n")[3:]


def test_an_error_has_its_number_and_ends_the_script(env: Path) -> None:
    done = _sql(env, typed="SELECT 1 AS a\nGO\nSELECT 2 AS b\nSELECT * FROM nowhere\nGO\nSELECT 3 AS c\n")
    assert done.returncode == 1
    assert "Msg 208: Invalid object name 'nowhere'." in done.stdout
    assert "stopped in the batch that begins at line 3" in done.stdout
    assert done.stdout.startswith("a\n-\n1\n")
    assert "\nc\n" not in done.stdout


def test_keep_going_goes_on_and_still_tells_by_the_exit_code(env: Path) -> None:
    done = _sql(env, "--keep-going", typed="SELECT * FROM nowhere\nGO\nSELECT 3 AS c\n")
    assert done.returncode == 1
    assert "\nc\n-\n3\n" in done.stdout


def test_go_with_a_number_repeats(env: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE t (id int IDENTITY, a int)\nGO\nINSERT INTO t (a) VALUES (7)\nGO 3\n")
    assert _sql(env, "--file", str(script)).returncode == 0
    assert "\n3\n" in _sql(env, "-Q", "SELECT COUNT(*) AS n FROM t").stdout


def test_without_a_server_it_says_what_to_do(tmp_path: Path, env: Path) -> None:
    missing = _sql(tmp_path / "none", "-Q", "SELECT 1")
    assert missing.returncode == 2
    assert "python -m sandbox up" in missing.stderr
    env.write_text(env.read_text().replace("MSSQL_PASSWORD=", "MSSQL_PASSWORD=not-"))
    refused = _sql(env, "-Q", "SELECT 1")
    assert refused.returncode == 3
    assert "Msg 18456: Login failed for user" in refused.stderr


class Terminal:
    """A prompt at a terminal of its own."""

    def __init__(self, env: Path) -> None:
        self._master, slave = pty.openpty()
        command = [sys.executable, "-m", "sandbox", "sql", "--env-file", str(env)]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env={**os.environ, "TERM": "dumb"}
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self._look(), message=f"no {text!r} in {self.shown!r}")
        self.shown = self.shown.partition(text)[2]

    def _look(self) -> str:
        with contextlib.suppress(OSError):
            self.shown += os.read(self._master, 65536).decode()
        return self.shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(env: Path) -> Iterator[Terminal]:
    terminal = Terminal(env)
    yield terminal
    terminal.close()


def test_a_person_types_and_leaves(terminal: Terminal) -> None:
    terminal.wait_for("> ")
    terminal.type("SELECT 41 + 1\n")
    terminal.wait_for("-> ")
    terminal.type("AS answer;\n")
    terminal.wait_for("42")
    terminal.type("SELECT * FROM nowhere;\n")
    terminal.wait_for("Msg 208")
    terminal.type("USE master;\n")
    terminal.wait_for("master> ")
    terminal.type("exit\n")
    assert terminal.process.wait(10) == 0


def test_ctrl_c_forgets_what_was_typed_and_does_not_leave(terminal: Terminal) -> None:
    terminal.wait_for("> ")
    terminal.type("SELECT 'never\n")
    terminal.wait_for("-> ")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("> ")
    terminal.type("SELECT 40 + 3 AS n;\n")
    terminal.wait_for("43")
    terminal.type("\x04")
    assert terminal.process.wait(10) == 0
