"""What a command loads before it works, and that the garbage collector leaves it in peace meanwhile."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from relay import collector
from relay.cli import commands

DRIVERS = {"celery", "kombu", "pydantic", "pymongo", "pyodbc", "redis", "sqlalchemy", "structlog"}
UNUSED = {"alembic", "celery.bin", "mako", "relay.cli.scan", "relay.tracking", "sqlalchemy.orm", "tomlkit"}
"""What `relay status` needs nothing of."""
TELL = "import json, sys; print(json.dumps(sorted(sys.modules)))"


@pytest.fixture
def garbage_collector() -> Iterator[None]:
    """Python's, set back at the end."""
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.set_threshold(*before)
    gc.unfreeze()


def test_the_names_of_the_commands_cost_no_driver() -> None:
    loaded = _loaded("import relay.cli")
    assert "relay.cli.commands" in loaded
    assert loaded & DRIVERS == set()


def test_status_loads_what_it_works_with_and_nothing_else() -> None:
    loaded = _loaded("from relay.cli import commands; commands.load('status'); import relay.celery_app")
    assert loaded >= DRIVERS - {"pyodbc"}, "which is imported by who connects"
    assert loaded & UNUSED == set()


@pytest.mark.usefixtures("garbage_collector")
def test_the_collector_visits_no_module_while_a_command_is_loaded_and_none_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []

    def load(name: str) -> str:
        seen.append(gc.isenabled())
        return name

    monkeypatch.setattr(commands, "load", load)
    group = typer.main.get_command(commands.cli)
    assert isinstance(group, commands.LazyGroup)
    context = group.make_context("relay", ["status"])
    assert group.resolve_command(context, ["status"])[:2] == ("status", "status")
    assert seen == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("garbage_collector")
def test_a_command_that_cannot_be_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), collector.no_collector_while_loading():
        raise ImportError
    assert gc.isenabled()


def _loaded(program: str) -> set[str]:
    """The modules of a process that has run this."""
    done = subprocess.run([sys.executable, "-c", f"{program}; {TELL}"], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_a_command_that_has_ended_waits_for_no_library() -> None:
    """pymongo waits half a second for its threads: as long as all the rest of a short command takes."""
    code = (
        "import atexit, sys; from relay.cli.commands import main;"
        " atexit.register(lambda: print('waited', flush=True)); sys.argv = ['relay', '--version']; main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "relay" in ended.stdout
    assert "waited" not in ended.stdout
