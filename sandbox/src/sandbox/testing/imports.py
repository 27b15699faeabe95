"""Circles of imports, also where nothing is imported when the program runs.

Import-linter sees a circle only where its layers say so. Python sees none that stands under TYPE_CHECKING or in a
function; who wants to understand one module of it still has to read them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

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
