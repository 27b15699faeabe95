"""The servers of relay's tests: those that `sandbox.testing` starts or finds, with the sample's business tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.testing import servers

from examples.pharmacy import schema


@contextmanager
def running_servers() -> Iterator[Mapping[str, str]]:
    """SQL Server, MongoDB and Redis until the block is left; gives relay's settings for them.

    Raises what the services raise when one does not come up: a test that needs a missing service fails.
    """
    with servers.running_servers() as settings:
        schema.create_tables(settings)
        yield settings
