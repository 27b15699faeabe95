"""The one reader of what relay's settings say about the broker: for the Celery app, the publisher and the commands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from celery import Celery
from kombu.connection import Connection
from kombu.transport import pyamqp
from kombu.transport import redis as kombu_redis

from common.config import Settings, SettingsError, get_celery_brokers
from common.urls import escapes
from relay.broker import encryption, options
from relay.broker.addresses import SUPPORTED, check_readable, with_scheme_in_lower_case
from relay.broker.confidential import confidential

TIMEOUT_SECONDS = 5
"""Longest wait for a broker's answer."""
HEALTH_SECONDS = 3
"""A connection to Redis that was idle for longer is checked before it is used again."""

OWN_UNACKED: Mapping[str, str] = MappingProxyType(
    {
        "unacked_key": "relay:unacked",
        "unacked_index_key": "relay:unacked_index",
        "unacked_mutex_key": "relay:unacked_mutex",
    }
)
"""Where relay's workers keep the ticks they have in hand. Every worker on a Redis gives back what has been under its
keys for too long, no matter which worker took it (kombu 5.7, `QoS.restore_visible`). With kombu's own keys, relay's
workers would do that by their clock and visibility timeout, and give the worker services' documents to a second
worker."""

_ELSEWHERE = ("broker_transport", "broker_user", "broker_password", "broker_vhost", "broker_port")
"""Celery's older settings for what stands in the URL."""
_SOCKET = "redis+socket"


class Kind(Enum):
    """What relay can publish to."""

    REDIS = "Redis"
    SENTINEL = "Redis behind Sentinel"
    RABBITMQ = "RabbitMQ"


REDIS_KINDS = frozenset({Kind.REDIS, Kind.SENTINEL})
"""Those that keep offsets: exactly once."""

_KNOWN: Mapping[Kind, Collection[str]] = MappingProxyType(
    {Kind.REDIS: options.REDIS, Kind.SENTINEL: options.SENTINEL, Kind.RABBITMQ: options.RABBITMQ}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """Where the messages go. Its URL and options hold passwords, so its repr shows neither."""

    kind: Kind
    url: str = field(repr=False)
    """As kombu takes it: transport options are taken out of its query. Several, for a failover, with `;` between."""
    options: Mapping[str, Any] = field(repr=False)
    """For `broker_transport_options`."""
    ssl: encryption.Encryption = field(repr=False)
    """For `broker_use_ssl`."""

    @property
    def is_redis(self) -> bool:
        """Whether it keeps offsets: exactly once."""
        return self.kind in REDIS_KINDS

    def configuration(self) -> dict[str, Any]:
        """What Celery has to know of it."""
        return {
            # guard: configuration-without-password
            "broker_url": confidential(self.url),
            "broker_transport_options": {
                name: confidential(value) if name in options.OBJECTS else value for name, value in self.options.items()
            },
            "broker_use_ssl": confidential(self.ssl),
            # For relay's workers on RabbitMQ: one that waits on a connection that went silent finds out.
            "broker_heartbeat": 2 * TIMEOUT_SECONDS,
        }


def read_broker(settings: Settings) -> Broker:
    """The broker that these settings name. Connects to nothing.

    Raises SettingsError, without any password: for a transport that relay cannot use, an option that cannot be set,
    and for a variable of Celery's own that names another broker.
    """
    urls = [with_scheme_in_lower_case(url) for url in settings.broker_url.split(";") if url]
    check_readable(urls)
    kind = _kind(urls)
    chosen = settings.broker_options
    certificates: dict[str, str] = {}
    options.check_options(chosen, _KNOWN[kind])
    kept = [_without_options(url, kind, chosen, certificates) for url in urls]
    if kind in REDIS_KINDS:
        _check_databases(kept)
    known = encryption.REDIS if kind in REDIS_KINDS else encryption.RABBITMQ
    ssl = encryption.encryption_of(kept, chosen.pop("ssl", None), certificates, known)
    for name in options.SOCKET_OPTIONS & chosen.keys():
        chosen[name] = options.with_numbered_keys(chosen[name])
    broker = Broker(kind=kind, url=";".join(kept), options=_merged(kind, settings, chosen, len(kept)), ssl=ssl)
    # guard: own-settings-only
    _check_environment(settings, broker)
    return broker


def use_broker(app: Celery, broker: Broker) -> None:
    """Have the app use this broker, with its options. Raises SettingsError when its configuration names another one.

    Options that only a part of the configuration knows of are given to the rest, so that one reader decides for all.
    """
    named = app.conf.broker_url
    if named is None or _places(named) == _places(broker.url):
        app.conf.update(broker.configuration())
    check_celery_agrees(app, broker)


def _places(urls: str | Sequence[str]) -> Sequence[str]:
    """Which brokers these are, whatever options stand behind the `?`; Celery takes a list of URLs, too."""
    each = urls.split(";") if isinstance(urls, str) else urls
    return [with_scheme_in_lower_case(url).partition("?")[0] for url in each if url]


def check_celery_agrees(app: Celery, broker: Broker) -> None:
    """Raise SettingsError when the app's configuration, wherever it comes from, names another broker."""
    conf, ours = app.conf, broker.configuration()
    said = {name: conf[name] for name in ("broker_transport_options", "broker_use_ssl")}
    said |= {name: getattr(conf, name) for name in ("broker_url", "broker_read_url", "broker_write_url")}
    wrong = [name for name, value in said.items() if (value or None) != (ours.get(name, broker.url) or None)]
    wrong += [name for name in _ELSEWHERE if conf[name]]
    # guard: celery-agrees
    if wrong:
        raise SettingsError(
            f"Celery's configuration says another {' and '.join(wrong)} than relay's settings do: only these choose"
            " the broker; take it out of what CELERY_CONFIG_MODULE, --config or the command line name for relay"
        )


def _check_environment(settings: Settings, broker: Broker) -> None:
    for name, url in get_celery_brokers().items():
        if url not in (settings.broker_url, broker.url):
            also = " (or celery -b)" if name == "CELERY_BROKER_URL" else ""
            raise SettingsError(
                f"{name}{also} names another broker than relay's settings: only these choose it; unset {name} for"
                " relay, or say the same in BROKER_URL"
            )


def _kind(urls: Sequence[str]) -> Kind:
    """Decided by kombu's transport. Raises SettingsError, which tells no more of a URL than its scheme."""
    kinds = [_kind_of(url) for url in urls if "://" in url]
    if len(set(kinds)) > 1:
        raise SettingsError("BROKER_URL: its URLs are of several kinds of broker: name one kind, with ; between URLs")
    if kinds[0] is Kind.SENTINEL and any("://" not in url for url in urls):
        raise SettingsError("BROKER_URL: write sentinel:// before each address")
    return kinds[0]


def _kind_of(url: str) -> Kind:
    scheme = url.partition("://")[0]
    transport = _transport(scheme, url)
    if issubclass(transport, kombu_redis.SentinelTransport):
        return Kind.SENTINEL
    if issubclass(transport, kombu_redis.Transport):
        return Kind.REDIS
    # guard: can-confirm
    if issubclass(transport, pyamqp.Transport):
        return Kind.RABBITMQ
    if scheme == "amqp":
        raise SettingsError(
            "BROKER_URL: amqp:// means librabbitmq here, which is installed and cannot confirm that it has a message:"
            " write pyamqp://"
        )
    raise SettingsError(
        f"BROKER_URL: {scheme}:// cannot confirm that it has a message, and what it loses nobody would learn:"
        f" {SUPPORTED}"
    )


def _transport(scheme: str, url: str) -> type:
    """Kombu's transport class for the URL, as kombu itself finds it. Raises SettingsError."""
    known: type | None = None
    try:
        # ssl: kombu would warn that it checks no certificate, which holds for this look alone.
        # kombu would look at the first half alone, and take the rest for a host.
        if "+" not in scheme or scheme == _SOCKET:
            known = Connection(url.partition("?")[0], ssl=True).get_transport_cls()
    except (KeyError, ValueError, TypeError):
        # Outside of the handler: this error may hold what stands in the URL, and would go along as the context.
        known = None
    except Exception:
        # A transport whose packages are not installed may raise anything on import. Relay needs none of them.
        return object
    if known is None:
        raise SettingsError(f"BROKER_URL: kombu knows no transport {scheme}://; {SUPPORTED}")
    return known


def _without_options(url: str, kind: Kind, chosen: dict[str, Any], certificates: dict[str, str]) -> str:
    """The URL for kombu, which refuses transport options in its query: they are added to the chosen ones, and those of
    encryption to `certificates`.

    Raises SettingsError.
    """
    address, _, query = url.partition("?")
    scheme, kept = address.partition("://")[0], []
    for name, text in parse_qsl(query):
        if "@" in query and name not in {*_KNOWN[kind], *options.RESERVED, *encryption.REDIS}:
            # The name may be a part of a password.
            raise SettingsError(f"BROKER_URL: unknown options behind the ?; in a password it is written {escapes('?')}")
        if _is_kombus_own(name, kind, scheme):
            options.check_for_kombu(name, text)
            kept.append((name, text))
            continue
        if kind in REDIS_KINDS and name.startswith("ssl_"):
            value, found = text, certificates
        else:
            value, found = options.option_in_url(name, text, _KNOWN[kind]), chosen
        if found.setdefault(name, value) != value:
            raise SettingsError(f"BROKER_URL: {name} is said twice, and differently: leave one out")
    return f"{address}?{urlencode(kept)}" if kept else address


def _is_kombus_own(name: str, kind: Kind, scheme: str) -> bool:
    if kind not in REDIS_KINDS:
        return name in options.OF_THE_CONNECTION
    return name == "virtual_host" and scheme == _SOCKET


def _check_databases(urls: Sequence[str]) -> None:
    """Raise SettingsError where what stands for Redis's database is no number: kombu finds out when it connects."""
    for url in urls:
        scheme, colon, rest = url.partition("://")
        if scheme == _SOCKET:
            database = dict(parse_qsl(urlsplit(f"http://{rest}").query)).get("virtual_host", "")
        else:
            database = Connection(url, ssl=True).virtual_host or "" if colon else ""
        if not re.fullmatch(r"/?\d*", database):
            raise SettingsError(
                f"BROKER_URL: behind the last / of {scheme}:// stands the number of Redis's database, as in"
                " redis://host:6379/0"
            )


def _merged(kind: Kind, settings: Settings, chosen: Mapping[str, Any], urls: int) -> Mapping[str, Any]:
    """The transport options: what correctness needs, and what was chosen.

    Without a channel there is an error at once, after one try for each URL: relay's own retries have jitter and an
    end.
    """
    if kind not in REDIS_KINDS:
        return MappingProxyType({**chosen, "read_timeout": TIMEOUT_SECONDS, "max_retries": urls - 1})
    needed: dict[str, Any] = {
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        # A worker that waits for ticks on a connection that went silent finds out after two checks (kombu: 51 s).
        "health_check_interval": HEALTH_SECONDS,
        **OWN_UNACKED,  # guard: own-messages-in-hand
        # Kombu asks all sentinels in one try.
        "max_retries": 0 if kind is Kind.SENTINEL else urls - 1,
    }
    if kind is Kind.SENTINEL:
        needed["master_name"] = _master(settings, chosen)
    return MappingProxyType({**needed, **chosen})


def _master(settings: Settings, chosen: Mapping[str, Any]) -> Any:
    name = chosen.get("master_name", settings.RELAY_SENTINEL_MASTER)
    if "RELAY_SENTINEL_MASTER" in settings.model_fields_set and name != settings.RELAY_SENTINEL_MASTER:
        raise SettingsError("RELAY_SENTINEL_MASTER and master_name differ: leave one out")
    return name
