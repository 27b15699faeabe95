"""One word for one thing: the glossary knows the code's names, the code the glossary's, and no old word is left."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
GLOSSARY = (PROJECT / "docs/glossary.md").read_text(encoding="utf-8")
TERMS = {
    term: re.findall(r"`([^`]+)`", names) for term, names in re.findall(r"^\| ([a-z ]+) \| (`.+?) \| ", GLOSSARY, re.M)
}
NAMES = [name for names in TERMS.values() for name in names]
SHIPPED = [path for top in ("relay", "common", "migrations") for path in sorted((PROJECT / top).rglob("*.*"))]
CODE = {path: path.read_text(encoding="utf-8") for path in SHIPPED if path.suffix in (".py", ".lua", ".mako")}
DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/**/*.md", "tests/fundamentals/*.md", ".env.example", "Makefile", "*.yml")
    for path in sorted(PROJECT.glob(pattern))
    if path.name != "sandbox.md"
]
SPEAKING = ["common/database/records", "common/database/ports.py", "relay/cycle"]
"""Where a public class is a term, and not a detail."""

LEFT_ALONE = {"settings_table.py": "marks"}
"""The two comments between which a generated table stands."""
INSTEAD = {
    "life": "epoch",
    "abandon_life": "end_epoch",
    "OpenCycle": "OpenWindow",
    "positions?": "offset",
    "marks?": "fence",
    "twins?": "fake",
    "sabotages?": "mutant",
    "leash": "parent-death",
    "mistakes?": "problem",
    "mend(?:s|ed|ing)?": "fix",
    "told_once": "log_once",
    "(?<!went )silent": "skip_message",
}
"""What is not written any more, as a pattern, and the word that is."""
OLD_WORDS = {re.compile(rf"\b{old}\b", re.IGNORECASE): word for old, word in INSTEAD.items()}


def _public_classes() -> Iterator[str]:
    for place in SPEAKING:
        path = PROJECT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.parse(CODE[file]).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield node.name


def test_there_is_something_to_compare() -> None:
    assert len(TERMS) > 50
    assert len(list(_public_classes())) > 30


@pytest.mark.parametrize("name", sorted(set(_public_classes())))
def test_every_public_class_of_records_ports_and_cycle_is_a_term(name: str) -> None:
    assert name in NAMES, f"docs/glossary.md: give {name} a line, or name it beside its term"


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_every_name_of_the_glossary_is_in_the_code(name: str) -> None:
    wanted = re.compile(rf"\b{re.escape(name.rpartition('.')[2])}\b")
    assert any(wanted.search(text) for text in CODE.values()), f"docs/glossary.md: {name} is nowhere in the code"


def test_every_line_of_the_glossary_names_what_the_code_calls_it() -> None:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and not line.startswith("| term ")]
    assert len(rows) == len(TERMS)


@pytest.mark.parametrize("path", [*CODE, *DOCUMENTS], ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_old_word_is_left(path: Path) -> None:
    left = [
        f"{number}: {line.strip()} [write {word}]"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for old, word in OLD_WORDS.items()
        for found in old.finditer(line)
        if found[0] != LEFT_ALONE.get(path.name)
    ]
    assert left == [], f"{path.name}: one thing has one word, that of docs/glossary.md; these are left from before"
