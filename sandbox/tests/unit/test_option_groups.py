"""Options that are declared once: every command that takes them has them, with its own defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from sandbox.option_groups import AllStatements, Requests, Statements, with_groups

RUN = CliRunner()


def _app(group: type[Requests]) -> tuple[typer.Typer, list[Any]]:
    """A command with this group between options of its own, and what it is called with."""
    called: list[Any] = []

    def command(number: Annotated[int, typer.Argument()], *, whom: Any, path: Path = Path("env")) -> None:
        """Example."""
        called.append((number, whom, path))

    command.__annotations__["whom"] = group
    app = typer.Typer()
    app.command()(with_groups(command))
    return app, called


def test_the_groups_fields_are_options_beside_the_commands_own() -> None:
    app, called = _app(Statements)
    words = ["5", "--text", "CHỜ GỬI", "--login", "sa", "--skip", "2", "--times", "3", "--path", "other"]
    assert RUN.invoke(app, words).exit_code == 0
    assert called == [(5, Statements(text="CHỜ GỬI", login="sa", skip=2, times=3), Path("other"))]


@pytest.mark.parametrize(("group", "times"), [(Requests, 1), (Statements, 1), (AllStatements, None)])
def test_what_is_not_said_has_the_groups_default(group: type[Requests], times: int | None) -> None:
    app, called = _app(group)
    assert RUN.invoke(app, ["5"]).exit_code == 0
    [(_, whom, path)] = called
    assert (whom, path) == (group(), Path("env"))
    assert whom.as_fields()["times"] == times


def test_an_option_of_another_group_is_refused() -> None:
    app, called = _app(Requests)
    assert RUN.invoke(app, ["5", "--text", "x"]).exit_code == 2
    assert called == []


@pytest.mark.parametrize("words", [["--skip", "-1"], ["--times", "-1"], ["--times", "many"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    app, called = _app(Requests)
    assert RUN.invoke(app, ["5", *words]).exit_code == 2
    assert called == []
