"""What every test runs under."""

from __future__ import annotations

import pytest


def test_what_a_test_leaves_behind_is_looked_for(request: pytest.FixtureRequest) -> None:
    assert "no_leaks" in request.fixturenames
