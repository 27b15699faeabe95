"""The sandbox's modules import each other without a circle, also where nothing is imported when the program runs.

Import-linter sees a circle only where its layers say so. Python sees none that stands under TYPE_CHECKING or in a
function; who wants to understand one module of it still has to read them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.sqlserver import contract

SANDBOX = Path(contract.__file__).parents[1]
Imports = dict[str, set[str]]
"""The modules of a package that each of its modules imports."""


def read_imports(package: Path) -> Imports:
    """Every import between the package's modules, wherever it stands in the file."""
    files = {_name(package, path): path for path in package.rglob("*.py")}
    return {name: set(_imported(name, path, files)) - {name} for name, path in files.items()}


def find_circle(imports: Imports) -> list[str]:
    """The modules of one circle in order, the first one again at the end; none when there is no circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        # It goes from the imported one to the one that imports it.
        return list(reversed(error.args[1]))
    return []


def _name(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(name, path, node)
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield from (found for found in [inner if inner in files else origin] if found in files)


def _origin(name: str, path: Path, node: ast.ImportFrom) -> str:
    """The module behind `from`, which may begin with dots."""
    if not node.level:
        return node.module or ""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    above = package[: len(package) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def test_no_circle_of_imports() -> None:
    imports = read_imports(SANDBOX)
    assert "sandbox.sqlserver.contract" in imports["sandbox.sqlserver.engine.errors"]  # It looks in the right place.
    assert find_circle(imports) == []


@pytest.mark.parametrize(
    "back",
    [
        "import house.attic",
        "from house import attic",
        "from house.attic import roof",
        "from . import attic",
        "from .attic import roof",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.attic import roof",
        "def climb() -> None:\n    from house.attic import roof",
    ],
)
def test_a_circle_is_found_however_it_is_closed(tmp_path: Path, back: str) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").touch()
    (house / "attic.py").write_text("import os\nfrom house import cellar\nroof = 1\n")
    (house / "cellar.py").write_text("import house.stairs\n")
    (house / "stairs.py").write_text(back)
    circle = find_circle(read_imports(house))
    assert set(circle) == {"house.attic", "house.cellar", "house.stairs"}
    assert ("house.stairs", "house.attic") in pairwise(circle)


def test_a_package_that_imports_its_own_module_is_no_circle(tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").write_text("from house.attic import roof")
    (house / "attic.py").write_text("import house.cellar\nroof = 1\n")
    (house / "cellar.py").touch()
    assert find_circle(read_imports(house)) == []
