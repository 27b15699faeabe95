"""A pytest plugin for tests on these servers: `pytest_plugins = ["sandbox.testing.plugin"]`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.testing.leaks import Belongings, assert_nothing_left_since
from sandbox.testing.servers import KIND_VARIABLE, described, server_kind


def pytest_configure(config: pytest.Config) -> None:
    """Servers that run already are shared: one process at a time."""
    if server_kind() == "urls" and (config.getoption("numprocesses", None) or os.environ.get("PYTEST_XDIST_WORKER")):
        raise pytest.UsageError(f"{KIND_VARIABLE}=urls: the tests share these servers; run pytest -n 0")


def pytest_report_header() -> str:
    """Which servers these are."""
    return described()


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Every process and socket that a test opens is gone when it ends."""
    before = Belongings.now()
    yield
    assert_nothing_left_since(before)
