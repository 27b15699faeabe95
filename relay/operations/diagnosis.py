"""Why a service does not answer: whether it is away, or something in the settings is wrong that will not pass.

Drivers say of both that their time was up. Asked once, when a command or a worker's start has failed; never in a cycle.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

import redis

from common.config import Settings
from common.server_address import parse_server
from relay.broker.settings import Kind, read_broker
from relay.error_policy import Service
from relay.operations.addresses import Addresses, addresses_of
from relay.operations.spoken import Spoken, spoken_at

ASK_SECONDS = 2.0
BROWSERS_PORT = 1434
CLNT_UCAST_INST = b"\x04"
"""MC-SQLR 2.2.3: which port has the instance of this name?"""
_MEANT: Mapping[Service, str] = {
    Service.SQL_SERVER: "check host, port and MSSQL_ENCRYPT beside MSSQL_SERVER",
    Service.MONGODB: "check host, port and tls in MONGO_URI",
    Service.BROKER: "check host and port, and whether its scheme is the one with TLS (rediss://, amqps://)",
}


def why_away(service: Service, settings: Settings) -> str | None:
    """What a person has to fix, in a sentence; None where nothing shows that the service will not come back."""
    addresses = addresses_of(service, settings)
    if problem := _in_another_language(addresses, _MEANT[service]):
        return problem
    if service is Service.SQL_SERVER:
        return _without_browser(settings)
    return _unknown_master(settings, addresses) if service is Service.BROKER else None


def _in_another_language(addresses: Addresses, meant: str) -> str | None:
    for host, port in addresses.places:
        spoken = spoken_at(host, port)
        # guard: spoken-in-another-language
        if spoken not in (None, addresses.expected):
            return (
                f"{addresses.name}: {addresses.setting}: what answers at {host}:{port} speaks {spoken}, where"
                f" {_expectation(addresses)} is expected: {meant}"
            )
    return None


def _expectation(addresses: Addresses) -> str:
    return f"{addresses.name} with TLS" if addresses.expected is Spoken.TLS else addresses.name


def _without_browser(settings: Settings) -> str | None:
    """A named instance without a port, on a host that answers and where nobody knows the instance's port."""
    server = parse_server(settings.MSSQL_SERVER)
    if server.instance is None or server.port is not None:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ASK_SECONDS)
        try:
            asking.connect((server.host, BROWSERS_PORT))
            asking.send(CLNT_UCAST_INST + server.instance.encode(errors="replace") + b"\0")
            asking.recv(1024)
        except ConnectionRefusedError:
            # The host has said that nobody listens there.
            # guard: no-browser
            return (
                "SQL Server: MSSQL_SERVER: no SQL Server Browser answers on its host, which would know the port of the"
                f" instance {server.instance}: start it, or write host,port"
            )
        except OSError:
            return None
    return None


def _unknown_master(settings: Settings, addresses: Addresses) -> str | None:
    broker = read_broker(settings)
    if broker.kind is not Kind.SENTINEL:
        return None
    wanted = broker.options["master_name"]
    asked: dict[str, Any] = {"socket_timeout": ASK_SECONDS, **broker.options.get("sentinel_kwargs", {})}
    known: set[str] = set()
    for host, port in addresses.places:
        with closing(redis.Redis(host, port, **asked)) as sentinel, suppress(redis.RedisError):
            masters: Any = sentinel.sentinel_masters()
            known |= set(masters)
    # guard: master-unknown
    if not known or wanted in known:
        return None
    return (
        f"{addresses.name}: the sentinels know no master of the name that RELAY_SENTINEL_MASTER gives, and know"
        f" {', '.join(sorted(known))}"
    )
