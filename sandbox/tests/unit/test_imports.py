"""The sandbox's modules import each other without a circle, also where nothing is imported when the program runs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.sqlserver import contract
from sandbox.testing.imports import find_circle, read_imports

SANDBOX = Path(contract.__file__).parents[1]


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
