"""The sandbox knows no program that uses it: neither by an import nor by its name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FOREIGN = {"relay", "common", "migrations", "examples", "benchmarks"}
"""The packages of the repository around it."""
FILES = sorted(path for folder in ("src", "tests") for path in (PROJECT / folder).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    """The first part of every module that the file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module.partition(".")[0])
    return found


def test_nothing_of_the_repository_around_it_is_imported() -> None:
    assert len(FILES) > 200
    assert {path.name: names for path in FILES if (names := _imported(path) & FOREIGN)} == {}


@pytest.mark.parametrize("word", ["relay", "pharmac"])
def test_the_code_names_nobody(word: str) -> None:
    code = [path for path in FILES if path.is_relative_to(PROJECT / "src")]
    assert [path.name for path in code if re.search(word, path.read_text(encoding="utf-8"), re.IGNORECASE)] == []
