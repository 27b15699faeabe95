"""SQL Server, MongoDB and Redis for the tests: the sandbox's, containers, or servers that run already."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.stack import StackOptions

from examples.pharmacy import schema
from sandbox import stack

KIND_VARIABLE = "RELAY_TEST_SERVERS"
KINDS = {
    "sandbox": "the sandbox's stand-ins for SQL Server and MongoDB, and redis-server",
    "containers": "SQL Server, MongoDB and Redis in containers",
    "urls": "servers that run already",
}


def server_kind() -> str:
    """What RELAY_TEST_SERVERS asks for: one of KINDS, `sandbox` when it is not set. Raises ValueError otherwise."""
    kind = os.environ.get(KIND_VARIABLE, "sandbox")
    if kind not in KINDS:
        raise ValueError(f"{KIND_VARIABLE} must be one of {', '.join(KINDS)}, not {kind!r}")
    return kind


def described() -> str:
    """Which servers the tests run against, for the head of their report."""
    kind = server_kind()
    if kind != "urls":
        return f"servers: {KINDS[kind]}"
    from tests.support.urls import places

    return f"servers: {KINDS[kind]}: {', '.join(places())}"


@contextmanager
def running_servers() -> Iterator[Mapping[str, str]]:
    """The three services with the sample's business tables, until the block is left; gives relay's settings for them.

    Raises what the services raise when one does not come up: a test that needs a missing service fails.
    """
    if server_kind() == "containers":
        from tests.support.containers import running_containers

        with running_containers() as settings:
            yield settings
    elif server_kind() == "urls":
        from tests.support.urls import settings_from_urls

        settings = settings_from_urls()
        schema.create_tables(settings)
        yield settings
    else:
        with stack.running(StackOptions()) as services:
            yield services.settings
