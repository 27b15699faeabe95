"""SQL Server, MongoDB and Redis for tests: stand-ins, containers, or servers that run already (TEST_SERVERS)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox import stack
from sandbox.stack import StackOptions

KIND_VARIABLE = "TEST_SERVERS"
KINDS = {
    "sandbox": "stand-ins for SQL Server and MongoDB, and redis-server",
    "containers": "SQL Server, MongoDB and Redis in containers",
    "urls": "servers that run already",
}


def server_kind() -> str:
    """What TEST_SERVERS asks for: one of KINDS, `sandbox` when it is not set. Raises ValueError otherwise."""
    kind = os.environ.get(KIND_VARIABLE, "sandbox")
    if kind not in KINDS:
        raise ValueError(f"{KIND_VARIABLE} must be one of {', '.join(KINDS)}, not {kind!r}")
    return kind


def described() -> str:
    """Which servers the tests run against, for the head of their report."""
    kind = server_kind()
    if kind != "urls":
        return f"servers: {KINDS[kind]}"
    from sandbox.testing.urls import places

    return f"servers: {KINDS[kind]}: {', '.join(places())}"


@contextmanager
def running_servers() -> Iterator[Mapping[str, str]]:
    """The three services until the block is left; gives the settings with which they are reached (MSSQL_..., MONGO_URI,
    REDIS_HOST, REDIS_PORT). SQL Server has an empty database, or in case of `urls` one from an earlier run.

    Raises what the services raise when one does not come up: a test that needs a missing service fails.
    """
    if server_kind() == "containers":
        from sandbox.testing.containers import running_containers

        with running_containers() as settings:
            yield settings
    elif server_kind() == "urls":
        from sandbox.testing.urls import settings_from_urls

        yield settings_from_urls()
    else:
        with stack.running(StackOptions()) as services:
            yield services.settings
