"""The steps of a cycle, and a proxy at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.holding_proxy import Hold, HoldingProxy, holding_proxy


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step of the cycle, and how to know it on the wire."""

    name: str
    service: str
    marker: bytes


STEPS = [
    Step(name="prepare", service="mongo", marker=b"\x02insert\x00"),
    Step(name="fence", service="mssql", marker="relay_fence SET".encode("utf-16-le")),
    Step(name="seal", service="mongo", marker=b"sealed_generation\x00"),
    Step(name="push", service="redis", marker=b"sale.process_sale"),
    Step(name="note that it is pushed", service="mongo", marker=b"PENDING\x00"),
    Step(name="close", service="mongo", marker=b"last_window\x00"),
]


@contextmanager
def through_proxy(step: Step, hold: Hold, environment: dict[str, str]) -> Iterator[tuple[HoldingProxy, dict[str, str]]]:
    """The environment with one of the services behind a proxy."""
    mssql_host, mssql_port = environment["MSSQL_SERVER"].split(",")
    mongo_host, mongo_port = environment["MONGO_URI"].removeprefix("mongodb://").rstrip("/").split(":")
    addresses = {
        "mssql": (mssql_host, mssql_port),
        "mongo": (mongo_host, mongo_port),
        "redis": (environment["REDIS_HOST"], environment["REDIS_PORT"]),
    }
    host, port = addresses[step.service]
    with holding_proxy(host, int(port), marker=step.marker, hold=hold) as proxy:
        changes = {
            "mssql": {"MSSQL_SERVER": f"127.0.0.1,{proxy.port}", "MSSQL_ENCRYPT": "no"},
            "mongo": {"MONGO_URI": f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"},
            "redis": {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(proxy.port)},
        }
        yield proxy, {**environment, **changes[step.service]}
