"""No module of relay's imports one that imports it, by whatever way round."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox.testing.imports import find_circle, read_imports

PROJECT = Path(__file__).parents[3]
KNOWN = {
    "common": ("common.task_log", "common.database.mongo.causality"),
    "relay": ("relay.cycle.run", "relay.cycle.seal"),
    "examples": ("examples.pharmacy.names", "examples.pharmacy.documents"),
}
"""In each package, a module and one that it imports: what is looked at is there."""


@pytest.mark.parametrize("package", KNOWN)
def test_no_circle_of_imports(package: str) -> None:
    imports = read_imports(PROJECT / package)
    importer, imported = KNOWN[package]
    assert imported in imports[importer]
    assert find_circle(imports) == []
