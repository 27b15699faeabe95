"""Problems seen in readers of change tracking: each is a test here, under its name.

Most run on the real services. What no server does when asked (a retention that passes, a restore, a secondary replica)
runs on the in-memory fakes, which tests/contract holds to what the servers do.
"""

from __future__ import annotations

import pytest

from tests.support.world import World


@pytest.fixture
def world() -> World:
    """The cycle on its fakes."""
    return World()
