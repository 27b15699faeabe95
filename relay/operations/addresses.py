"""Where the settings say that each service is: for people, and to look what is spoken there. No password is in it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from kombu.connection import Connection
from pymongo.uri_parser import parse_uri

from common.config import Settings
from common.server_address import STANDARD_PORT, parse_server
from relay.broker.settings import Broker, Kind, read_broker
from relay.error_policy import Service
from relay.operations.spoken import Spoken

_SRV = "mongodb+srv://"
_WITH_TLS = ("rediss://", "amqps://")


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """A service's addresses, and what should be spoken there."""

    name: str
    """The service's, for people."""
    places: Sequence[tuple[str, int]]
    """Host and port; none where it is reached in another way, or DNS has to be asked."""
    expected: Spoken
    setting: str
    """What to correct if they are wrong."""

    @property
    def shown(self) -> str:
        """For people: `host:port`, several with commas."""
        return ", ".join(f"{host}:{port}" for host, port in self.places) or f"the address in {self.setting}"


def addresses_of(service: Service, settings: Settings) -> Addresses:
    """What the settings say of the service. Raises SettingsError for a broker that relay cannot use."""
    match service:
        case Service.SQL_SERVER:
            return _of_sql_server(settings)
        case Service.MONGODB:
            return _of_mongodb(settings)
        case Service.BROKER:
            return _of_broker(settings, read_broker(settings))
        case unknown:
            assert_never(unknown)


def _of_sql_server(settings: Settings) -> Addresses:
    server = parse_server(settings.MSSQL_SERVER)
    is_found_by_name = server.instance is not None and server.port is None
    return Addresses(
        name="SQL Server",
        places=[] if is_found_by_name else [(server.host.strip("[]"), server.port or STANDARD_PORT)],
        expected=Spoken.TLS if settings.MSSQL_ENCRYPT == "strict" else Spoken.SQL_SERVER,
        setting="MSSQL_SERVER",
    )


def _of_mongodb(settings: Settings) -> Addresses:
    read = _read(settings.MONGO_URI.get_secret_value())
    return Addresses(
        name="MongoDB",
        places=[(host, port) for host, port in read["nodelist"] if port is not None],
        expected=Spoken.TLS if read["options"].get("tls") else Spoken.MONGODB,
        setting="MONGO_URI",
    )


def _read(uri: str) -> Mapping[str, Any]:
    """The addresses behind mongodb+srv:// are in DNS, which may be what is away: they are not asked for."""
    if uri.startswith(_SRV):
        return {"nodelist": [], "options": {}}
    with warnings.catch_warnings():
        # The client has given its warnings already.
        warnings.simplefilter("ignore")
        return parse_uri(uri, warn=True)


def _of_broker(settings: Settings, broker: Broker) -> Addresses:
    # ssl: kombu would warn that it checks no certificate, and this connects to nothing.
    connections = [Connection(url, ssl=True) for url in broker.url.split(";") if "://" in url]
    plain = Spoken.RABBITMQ if broker.kind is Kind.RABBITMQ else Spoken.REDIS
    return Addresses(
        name=broker.kind.value,
        places=[
            (each.hostname or "localhost", each.port or each.get_transport_cls().default_port)
            for each in connections
            if _is_by_network(each)
        ],
        expected=Spoken.TLS if broker.ssl or broker.url.startswith(_WITH_TLS) else plain,
        setting="BROKER_URL" if settings.BROKER_URL else "REDIS_HOST and REDIS_PORT",
    )


def _is_by_network(connection: Connection) -> bool:
    """Otherwise kombu has the path of a socket for its host."""
    return "/" not in (connection.hostname or "")
