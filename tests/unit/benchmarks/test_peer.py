"""The benchmarks go on without the peer where something is missing, and say what, and how it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sandbox.processes import ChildDiedError

from benchmarks import peer, postgres

INSTALLED = ModuleSpec("installed", None)


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine on which nothing is missing; gives which functions were run in processes of their own."""

    @contextmanager
    def cluster(_binaries: Path) -> Iterator[Path]:
        yield tmp_path

    ran: list[str] = []

    def run_child(function: str, _settings: object, **arguments: Any) -> dict[str, float]:
        ran.append(function)
        return {"rows": arguments.get("rows", 0)}

    monkeypatch.setattr(peer, "find_spec", lambda _name: INSTALLED)
    monkeypatch.setattr(peer, "run_child", run_child)
    monkeypatch.setattr(postgres, "find_binaries", lambda: tmp_path)
    monkeypatch.setattr(postgres, "running", cluster)
    return ran


def without() -> str:
    """What is said when the peer cannot be had."""
    said: list[str] = []
    with peer.running(said.append) as made:
        assert made is None
    (line,) = said
    assert "\n" not in line
    return line


def test_the_peer_gets_its_tables_and_is_filled_before_each_measurement(everything: list[str]) -> None:
    said: list[str] = []
    with peer.running(said.append) as made:
        assert made is not None
        assert made.drain({}, 4000) == {"rows": 4000}
    assert everything == ["outbox:create_tables", "outbox:fill", "outbox:relay"]
    assert said == []


@pytest.mark.usefixtures("everything")
def test_it_goes_on_without_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "find_spec", lambda name: None if name == "django" else INSTALLED)
    line = without()
    assert line.startswith("without django-celery-outbox: django not installed: ")
    assert "pip install --editable '.[bench]'" in line


@pytest.mark.usefixtures("everything")
def test_it_goes_on_without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    assert without().endswith("PostgreSQL is not installed: sudo apt-get install postgresql")


@pytest.mark.usefixtures("everything")
def test_it_goes_on_when_postgresql_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(_binaries: Path) -> NoReturn:
        raise ChildDiedError("postgres exited with 1. The end of its log:\n    FATAL:  no space left")

    monkeypatch.setattr(postgres, "running", dies)
    assert without().endswith("it does not start: FATAL:  no space left")


@pytest.mark.usefixtures("everything")
def test_it_goes_on_when_the_tables_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_what: object, **_arguments: object) -> NoReturn:
        raise RuntimeError("outbox:create_tables ended with 1:\nImportError: no pq wrapper available\n")

    monkeypatch.setattr(peer, "run_child", fails)
    assert without().endswith("it does not start: ImportError: no pq wrapper available")


def test_the_newest_postgresql_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
    for version in ("9.6", "15"):
        (tmp_path / version / "bin" / "initdb").touch()
    assert postgres.find_binaries(tmp_path) == tmp_path / "15" / "bin"


def test_a_machine_without_postgresql_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert postgres.find_binaries(tmp_path) is None
