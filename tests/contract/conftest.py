from __future__ import annotations

import secrets

import pytest


@pytest.fixture
def queue() -> str:
    """A name that no other test has used."""
    return f"queue-{secrets.token_hex(6)}"
