"""`relay` where .env is not as somebody thinks: one readable line, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from common.database.mssql_client import MSSQLClient
from tests.integration.relay.test_command_line import run_relay

CANARY = "canary-9f3"
WRONG = {
    "escape": (f'MSSQL_SERVER="{CANARY}\\nhathuoc"', ".env, line 1: MSSQL_SERVER: a backslash in double quotes"),
    "no entry": (f"MSSQL_PASSWORD: {CANARY}", ".env, line 1: "),
    "unseen": (f"MSSQL_PASSWORD='{CANARY}\u200b'", "MSSQL_PASSWORD: holds a character that nobody sees (U+200B)"),
    "another name": ("relay_first_run=now", ".env, line 1: relay_first_run: there is no such setting; did you mean"),
}


@pytest.mark.parametrize(("content", "told"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("words", [["status"], ["sources", "--check"]], ids=lambda words: words[0])
def test_what_is_wrong_is_one_line(
    words: list[str], content: str, told: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(content, encoding="utf-8")
    rest = {name: value for name, value in environment.items() if name not in content}
    done = run_relay(tmp_path, *words, environment=rest)
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith(f"relay: {told}")
    assert CANARY not in done.stdout + done.stderr


def test_a_folder_of_that_name_is_told(environment: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    done = run_relay(tmp_path, "sources", environment=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "relay: .env cannot be read: Is a directory; fix that, or take it away\n"


def test_a_file_from_windows_is_taken_as_it_is_written(
    mssql: MSSQLClient, environment: Mapping[str, str], tmp_path: Path
) -> None:
    lines = [f"{name}='{value}'" for name, value in environment.items()]
    (tmp_path / ".env").write_bytes("\r\n".join(["# Cấu hình", *lines, ""]).encode("utf-16"))
    done = run_relay(tmp_path, "status", environment={})
    assert done.returncode == 0, done.stderr
