"""The documents name what is there, and all that a person can type is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sandbox.__main__ import app as sandbox

from common import settings_table
from relay.cli.commands import COMMANDS, load
from relay.cycle.reasons import Reason
from relay.sources.file import Entry

PROJECT = Path(__file__).parents[3]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), PROJECT / "sandbox/README.md"])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PATH = re.compile(r"`((?:tests|common|relay|sandbox|migrations|docs)/[\w./]+)")


def _text(*names: str) -> str:
    return "\n".join((PROJECT / name).read_text(encoding="utf-8") for name in names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    missing += [path for path in PATH.findall(text) if not (PROJECT / path).exists()]
    assert not missing


def test_every_module_of_relay_stands_in_the_architecture() -> None:
    architecture = _text("docs/architecture.md")
    modules = [path.name for path in (PROJECT / "relay").glob("*.py") if path.name != "__init__.py"]
    assert [name for name in modules if name not in architecture] == []


def _commands() -> dict[str, str]:
    """What can be typed after `relay`, with its help."""
    found: dict[str, str] = {}
    for name in COMMANDS:
        command = load(name)
        found[name] = command.help
        found |= {f"{name} {inner}": each.help for inner, each in getattr(command, "commands", {}).items()}
    return found


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"relay {command}" in _text("README.md", "docs/operations.md")


@pytest.mark.parametrize("command", [command.name for command in sandbox.registered_commands])
def test_every_command_of_the_sandbox_is_documented(command: str) -> None:
    assert f"python -m sandbox {command}" in _text("docs/sandbox.md")


@pytest.mark.parametrize("command", _commands())
def test_every_command_has_an_example(command: str) -> None:
    assert f"Example: relay {command}" in _commands()[command]


@pytest.mark.parametrize(("command", "summary"), COMMANDS.items())
def test_a_command_is_listed_with_the_first_line_of_its_help(command: str, summary: str) -> None:
    assert " ".join(_commands()[command].split("\n\n")[0].split()) == summary


def test_every_target_of_make_explains_itself() -> None:
    makefile = _text("Makefile")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert [target for target in targets if not re.search(rf"^{target}:.*## \w", makefile, re.MULTILINE)] == []
    assert {"demo", "test"} <= set(targets)


def test_every_field_of_a_source_is_documented_with_the_words_of_the_code() -> None:
    text = _text("docs/sources.md")
    rows = [f"| `{name}` | {field.description} |" for name, field in Entry.model_fields.items()]
    assert [row for row in rows if row not in text] == []


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_every_reason_for_a_baseline_is_explained(reason: Reason) -> None:
    assert f"\n| {reason} | " in _text("docs/operations.md")


def test_the_table_of_settings_is_that_of_the_code() -> None:
    operations = _text("docs/operations.md")
    assert settings_table.with_table(operations) == operations, (
        "run: python -m common.settings_table docs/operations.md"
    )
