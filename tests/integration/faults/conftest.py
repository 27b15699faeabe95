"""Services of these tests' own, with faults on demand: what is done to them here is not for others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyodbc
import pytest
from sandbox import env_file, stack
from sandbox.control import SqlServerControl
from sandbox.stack import StackOptions

from examples.pharmacy.schema import TABLES
from tests.support.alembic_process import upgrade

# The driver manager would keep closed connections open.
pyodbc.pooling = False


@pytest.fixture(scope="package")
def servers() -> Iterator[Mapping[str, str]]:
    """The stand-ins, whatever TEST_SERVERS says: no other server does what these tests ask for."""
    with stack.running(StackOptions(init=[TABLES])) as services:
        yield services.settings


@pytest.fixture(scope="package")
def migrated(servers: Mapping[str, str]) -> None:
    """`alembic upgrade head` on them."""
    upgrade(servers)


@pytest.fixture
def control(servers: Mapping[str, str]) -> Iterator[SqlServerControl]:
    """The stand-in's control call; at the end everything is as it was, but for the data."""
    control = SqlServerControl.at(servers[env_file.CONTROL])
    yield control
    control.clear()
    control.bring_online()
    control.set_real_time()
