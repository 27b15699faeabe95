"""Alembic finds relay's migrations where nothing else is meant, and only its command does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relay.tracking.alembic_plugin import CONFIG, setup

ALEMBIC = str(Path(sys.executable).parent / "alembic")


def _arguments(monkeypatch: pytest.MonkeyPatch, command: list[str], *words: str) -> list[str]:
    """What Alembic's command would read."""
    monkeypatch.setattr(sys, "orig_argv", [*command, *words])
    monkeypatch.setattr(sys, "argv", [command[-1], *words])
    setup(None)
    return sys.argv[1:]


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", [[sys.executable, ALEMBIC], [sys.executable, "-W", "error", "-m", "alembic"]])
def test_the_command_gets_relays_migrations(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    if "-m" in command:
        assert _arguments(monkeypatch, command, "upgrade", "head") == ["-c", str(CONFIG), "upgrade", "head"]
    else:
        assert _arguments(monkeypatch, command, "history") == ["-c", str(CONFIG), "history"]
    assert CONFIG.is_file()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([sys.executable, "service.py"], ["alembic"]),
        ([sys.executable, "-m", "pytest"], ["alembic"]),
        ([sys.executable, ALEMBIC], ["init", "migrations"]),
        ([sys.executable, ALEMBIC], ["-c", "mine.ini", "upgrade", "head"]),
        ([sys.executable, ALEMBIC], ["--config=mine.ini", "upgrade", "head"]),
    ],
    ids=["a program", "a module", "init", "-c", "--config"],
)
def test_others_get_what_they_ask_for(monkeypatch: pytest.MonkeyPatch, command: list[str], words: list[str]) -> None:
    assert _arguments(monkeypatch, command, *words) == words


def test_a_variable_names_other_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_CONFIG", "mine.ini")
    assert _arguments(monkeypatch, [sys.executable, ALEMBIC], "history") == ["history"]


@pytest.mark.parametrize(
    ("file", "text", "theirs"),
    [
        ("alembic.ini", "[alembic]", True),
        ("pyproject.toml", "[tool.alembic]\nscript_location = 'x'", True),
        ("pyproject.toml", "[tool.ruff]", False),
        ("pyproject.toml", "not TOML", False),
    ],
)
def test_a_project_has_migrations_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, text: str, theirs: bool
) -> None:
    (tmp_path / file).write_text(text)
    assert (_arguments(monkeypatch, [sys.executable, ALEMBIC], "history") == ["history"]) is theirs


def test_a_folder_that_is_gone_is_for_alembic_to_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert _arguments(monkeypatch, [sys.executable, ALEMBIC], "history") == ["history"]
    monkeypatch.chdir(tmp_path)


def test_children_of_a_program_that_imports_alembic_have_their_own(tmp_path: Path) -> None:
    project = tmp_path / "project"
    subprocess.run([ALEMBIC, "init", "theirs"], cwd=_made(project), check=True, capture_output=True)
    assert (project / "alembic.ini").is_file()
    program = f"import alembic.config, subprocess; subprocess.run([{ALEMBIC!r}, 'history'], cwd={str(project)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "0001" not in done.stdout


def test_in_an_empty_folder_the_history_is_relays(tmp_path: Path) -> None:
    done = subprocess.run([ALEMBIC, "history"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "0001" in done.stdout


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
