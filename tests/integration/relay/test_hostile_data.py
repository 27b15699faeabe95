"""Whatever stands in a row or a file, every command shows it, and does nothing else with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from celery import Celery

from common.database.mssql_client import MSSQLClient
from tests.integration.relay.test_command_line import Done, run_relay
from tests.support.pharmacy import desk

SHOWN = {
    "PN[/2024]001": "PN[/2024]001",
    "[red]HĐ :key:": "[red]HĐ :key:",
    "\x1b[31mHĐ\x1b]0;x\x07": r"\x1b[31mHĐ\x1b]0;x\x07",
    "HĐ\nrelay: all is well": r"HĐ\nrelay: all is well",
    "Chờ\u202egửi": r"Chờ\u202egửi",
    "{0} %s ${HOME}": "{0} %s ${HOME}",
}
"""Business ids, and how they are shown."""


def _harmless(done: Done) -> Done:
    assert "Traceback" not in done.stderr, done.stderr
    assert not any(ord(each) < 32 and each != "\n" for each in done.stdout + done.stderr)
    assert "\u202e" not in done.stdout + done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("relay: all is well")]
    return done


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_hostile_rows_through_all_commands(
    encoding: str, mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    there = {**environment, "PYTHONIOENCODING": encoding}

    def relay(*words: str) -> Done:
        done = _harmless(run_relay(tmp_path, *words, environment=there))
        assert done.returncode == 0, done.stderr
        return done

    with desk(environment) as pharmacy:
        for number in SHOWN:
            pharmacy.insert(number)
    shown = [
        each if encoding == "utf-8" else each.encode("ascii", "backslashreplace").decode() for each in SHOWN.values()
    ]
    preview = relay("scan", "sale", "--dry-run").stdout
    assert [each for each in shown if each not in preview] == []
    relay("scan", "sale")
    stuck = relay("reconcile", "sale", "--older-than", "0").stdout
    assert [each for each in shown if each not in stuck] == []
    assert "6" in relay("reconcile", "sale", "--older-than", "0", "--resend").stdout
    relay("status")
    assert json.loads(relay("status", "--json").stdout.splitlines()[0])["source"] == "sale"
    relay("adopt", "sale", "--yes")


HOSTILE_FILE = r"""
[sources.sale]
table = "[stock[/x]]\u001b].[bảng\nrelay: all is well]"
status_column = "[/red]\u001b[31m"
pending_value = "[/]\u202e"
queue = "[/bold]hàng đợi"
task = "[link=x]"
"""


def test_a_hostile_file_of_sources_through_all_commands(
    mssql: MSSQLClient, environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sources.toml").write_text(HOSTILE_FILE, encoding="utf-8")
    there = {**environment, "RELAY_SOURCES": "sources.toml"}
    listed = _harmless(run_relay(tmp_path, "sources", environment=there))
    assert listed.returncode == 0, listed.stderr
    assert r"[/red]\x1b[31m = [/]\u202e" in listed.stdout
    assert r"[stock[/x]]\x1b].[bảng\nrelay: all is well]" in listed.stdout
    for words in (["sources", "--check"], ["scan", "sale", "--dry-run"], ["scan", "sale"], ["status"]):
        done = _harmless(run_relay(tmp_path, *words, environment=there))
        assert done.returncode == 2, words
        assert "there is no table [stock[/x]" in "".join((done.stdout + done.stderr).split("│"))


@pytest.mark.parametrize("word", ["[/red]", "\x1b[31m", "a\nrelay: all is well", "[link=x]"], ids=ascii)
@pytest.mark.parametrize("command", ["scan", "reconcile", "enable", "adopt"])
def test_a_hostile_name_of_a_source(command: str, word: str, environment: Mapping[str, str], tmp_path: Path) -> None:
    done = _harmless(run_relay(tmp_path, command, word, environment=environment))
    assert done.returncode == 2
    assert done.stderr.startswith("relay: there is no source ")


@pytest.mark.parametrize("word", ["[/red]", "--[/red]", "[link=x]"])
def test_a_hostile_command(word: str, environment: Mapping[str, str], tmp_path: Path) -> None:
    for words in ([word], ["scan", f"--older-than={word}"], ["reconcile", f"--older-than={word}"]):
        assert _harmless(run_relay(tmp_path, *words, environment=environment)).returncode == 2
