"""SQL Server, MongoDB and Redis for the tests: the sandbox's stand-ins, or containers with the real ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox import stack
from sandbox.stack import StackOptions

KIND_VARIABLE = "RELAY_TEST_SERVERS"
KINDS = ("sandbox", "containers")


def server_kind() -> str:
    """What RELAY_TEST_SERVERS asks for: `sandbox` (the default) or `containers`. Raises ValueError otherwise."""
    kind = os.environ.get(KIND_VARIABLE, "sandbox")
    if kind not in KINDS:
        raise ValueError(f"{KIND_VARIABLE} must be one of {', '.join(KINDS)}, not {kind!r}")
    return kind


@contextmanager
def running_servers() -> Iterator[Mapping[str, str]]:
    """The three services with the sample's business tables, until the block is left; gives relay's settings for them.

    Raises what the services raise when one does not come up: a test that needs a missing service fails.
    """
    if server_kind() == "containers":
        from tests.support.containers import running_containers

        with running_containers() as settings:
            yield settings
        return
    with stack.running(StackOptions()) as services:
        yield services.settings
