"""docs/architecture.md is true: its map is import-linter's contract, and each step of a row's way is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
ARCHITECTURE = (PROJECT / "docs/architecture.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\| [^|]+ \| .+ \| `([^`]+)` \|$", ARCHITECTURE, re.MULTILINE)


def _contract(prefix: str) -> list[list[str]]:
    """The layers of the import-linter contract whose name begins so, from the top."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found = next(contract for contract in contracts if contract["name"].startswith(prefix))
    return [[name.strip() for name in layer.split("|")] for layer in found["layers"]]


def _map() -> Iterator[tuple[int, list[str]]]:
    """Depth and names of each line of the map; several names stand on one line with `|` between."""
    block = ARCHITECTURE.split("## The map of the house")[1].split("```")[1]
    for line in block.strip("\n").splitlines():
        names = re.split(r" {2,}", line.strip())[0]
        yield (len(line) - len(line.lstrip())) // 4, [name.strip() for name in names.split("|")]


def test_the_map_has_the_packages_in_the_order_of_their_imports() -> None:
    assert [names for depth, names in _map() if depth == 0] == _contract("packages")


def test_the_map_has_the_rooms_of_relay_in_the_order_of_their_imports() -> None:
    assert [names for depth, names in _map() if depth == 1] == _contract("the rooms")


def test_the_way_of_a_row_ends_where_it_is_pushed() -> None:
    assert "relay/broker/push.lua" in STEPS


@pytest.mark.parametrize("step", STEPS)
def test_each_step_of_a_rows_way_names_what_is_there(step: str) -> None:
    file, _, name = step.partition("::")
    path = PROJECT / file
    assert path.is_file()
    if name:
        assert name in _functions(path)


def test_the_page_of_modules_is_what_they_say_of_themselves() -> None:
    checked = subprocess.run([sys.executable, PROJECT / "scripts/module_index.py", "--check"], check=False)
    assert checked.returncode == 0, "run: python scripts/module_index.py"


def _functions(path: Path) -> set[str]:
    """Functions of the module, and methods as Class.method."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found
