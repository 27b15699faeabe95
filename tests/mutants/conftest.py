"""A bench, with services of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox import stack
from sandbox.stack import StackOptions

from examples.pharmacy.schema import TABLES
from tests.mutants.bench import Bench
from tests.support.alembic_process import upgrade


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The sandbox's services, whatever TEST_SERVERS says: they are there at once, and whether a test can fail
    does not depend on whose they are."""
    with stack.running(StackOptions(init=[TABLES])) as services:
        upgrade(services.settings)
        yield Bench(services.settings, cache=tmp_path_factory.mktemp("compiled"))
