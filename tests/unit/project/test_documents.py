"""The documents name what is there, and all that a person can type is in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import settings_table
from examples.pharmacy.__main__ import app as pharmacy
from relay.cli.commands import COMMANDS, load
from relay.cycle.reasons import SENTENCES, Reason
from relay.sources.file import Entry

PROJECT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    [
        *PROJECT.glob("*.md"),
        *PROJECT.glob("docs/**/*.md"),
        PROJECT / "tests/fundamentals/README.md",
    ]
)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
PATH = re.compile(r"`((?:tests|common|relay|sandbox|migrations|docs|scripts)/[\w./-]+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LEVELS = {"debug", "info", "warning", "error", "exception"}


def _text(*names: str) -> str:
    return "\n".join((PROJECT / name).read_text(encoding="utf-8") for name in names)


def _anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _leads_somewhere(document: Path, file: str, anchor: str) -> bool:
    target = document.parent / file if file else document
    if not target.exists():
        return False
    return not anchor or anchor in map(_anchor, HEADING.findall(target.read_text(encoding="utf-8")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [
        f"{file}#{anchor}" for file, anchor in LINK.findall(text) if not _leads_somewhere(document, file, anchor)
    ]
    missing += [path for path in PATH.findall(text) if not (PROJECT / path).exists()]
    assert not missing


def test_the_index_of_the_fundamentals_has_every_chapter() -> None:
    folder = PROJECT / "tests/fundamentals"
    index = [file for file, _ in LINK.findall((folder / "README.md").read_text(encoding="utf-8")) if "test_" in file]
    assert index == sorted(path.name for path in folder.glob("test_*.py"))


def test_the_index_of_decisions_has_them_all() -> None:
    folder = PROJECT / "docs/decisions"
    index = [file for file, _ in LINK.findall((folder / "README.md").read_text(encoding="utf-8"))]
    assert index == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("page", sorted((PROJECT / "docs/decisions").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_says_why_what_and_with_which_consequences(page: Path) -> None:
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    assert headings[1] == "Context"
    assert [name for name in headings if name in ("Decision", "Consequences")] == ["Decision", "Consequences"]


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


@pytest.mark.parametrize("command", [command.name for command in pharmacy.registered_commands])
def test_every_command_of_the_sample_is_documented_and_has_an_example(command: str) -> None:
    assert f"python -m examples.pharmacy {command}" in _text("docs/sandbox.md")
    [callback] = [one.callback for one in pharmacy.registered_commands if one.name == command]
    assert f"Example: python -m examples.pharmacy {command}" in (callback.__doc__ or "")


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
    assert f"\n| `{reason.value}` | {SENTENCES[reason]} | " in _text("docs/operations.md")


def _events() -> Iterator[str]:
    """Names of what is logged: the first argument of a call with fields, on a logger or one of its methods."""
    for path in sorted([*PROJECT.glob("relay/**/*.py"), *PROJECT.glob("common/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and node.keywords):
                continue
            named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            event = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if named in LEVELS | {"log", "report"} and isinstance(event, str):
                yield event


@pytest.mark.parametrize("event", sorted(set(_events())))
def test_every_event_of_the_log_is_explained(event: str) -> None:
    said = _text("docs/operations.md").split("## What the log says")[1].split("## ")[0]
    assert f"`{event}`" in said


def test_the_table_of_settings_is_that_of_the_code() -> None:
    operations = _text("docs/operations.md")
    assert settings_table.with_table(operations) == operations, (
        "run: python -m common.settings_table docs/operations.md"
    )
