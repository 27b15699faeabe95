"""The documents name what is there, and all that a person can type is in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from sandbox.__main__ import app

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PATH = re.compile(r"`((?:tests|src|docs)/[\w./]+)")


def _commands(command: Any, words: str = "") -> dict[str, Any]:
    """Every command of Typer's by what is typed for it; those of groups in their place."""
    if not hasattr(command, "commands"):
        return {words.strip(): command}
    inner = [_commands(one, f"{words} {name}") for name, one in command.commands.items()]
    return {typed: one for commands in inner for typed, one in commands.items()}


COMMANDS = _commands(typer.main.get_command(app))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    missing += [path for path in PATH.findall(text) if not (PROJECT / path).exists()]
    assert not missing


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_command_is_documented_and_has_an_example(typed: str) -> None:
    text = (PROJECT / "docs/commands.md").read_text(encoding="utf-8")
    assert f"`python -m sandbox {typed}" in text or f"`{typed}" in text
    assert f"Example: python -m sandbox {typed}" in (COMMANDS[typed].help or "") or typed == "urls"
    if typed == "urls":
        assert 'Example: eval "$(python -m sandbox urls)"' in (COMMANDS[typed].help or "")


def test_every_option_of_up_is_documented() -> None:
    text = (PROJECT / "docs/commands.md").read_text(encoding="utf-8")
    options = [option for parameter in COMMANDS["up"].params for option in parameter.opts]
    assert [option for option in options if f"`{option}" not in text and option != "--help"] == []


def test_every_target_of_make_explains_itself() -> None:
    targets = re.findall(r"^([a-z]+):.*$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*## \w", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert {"setup", "test", "check"} < set(targets) == set(explained)
