"""What the settings say about the broker: what it is, with which options, and who else would choose another."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from kombu import transport

from relay.broker.options import RESERVED
from relay.broker.settings import OWN_UNACKED, Kind
from tests.unit.relay.broker.given import SECRET, broker_of, problems_of

# What it is


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://host", Kind.REDIS),
        ("REDIS://host:6380/2", Kind.REDIS),
        ("Rediss://:pw@host/0", Kind.REDIS),
        ("redis+socket:///run/redis.sock?virtual_host=2", Kind.REDIS),
        ("REDIS+SOCKET:///run/redis.sock", Kind.REDIS),
        ("redis://one;redis://two", Kind.REDIS),
        ("redis://one;two;", Kind.REDIS),
        ("sentinel://one:26379;SENTINEL://two:26379/0", Kind.SENTINEL),
        ("amqp://user:pw@host//", Kind.RABBITMQ),
        ("AMQPS://user:pw@host/shop", Kind.RABBITMQ),
        ("pyamqp://host", Kind.RABBITMQ),
        ("amqp://one;two", Kind.RABBITMQ),
    ],
)
def test_kombus_transport_decides_what_it_is(url: str, kind: Kind) -> None:
    assert broker_of(url).kind is kind


def test_another_name_for_a_transport_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(transport.TRANSPORT_ALIASES, "valkey", "kombu.transport.redis:Transport")
    assert broker_of("valkey://host").is_redis


@pytest.mark.parametrize("scheme", sorted(set(transport.TRANSPORT_ALIASES) - {"slmq", "SLMQ"}))
def test_every_transport_of_kombus_is_supported_or_refused_by_name(scheme: str) -> None:
    if scheme in ("redis", "rediss", "sentinel", "amqp", "amqps", "pyamqp"):
        assert broker_of(f"{scheme}://host").url == f"{scheme}://host"
    else:
        [problem] = problems_of(f"{scheme}://user:{SECRET}@host")
        assert problem.startswith(f"BROKER_URL: {scheme.lower()}:// cannot confirm that it has a message")
        assert "relay needs Redis" in problem


def test_where_librabbitmq_is_installed_amqp_means_it_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kombu.connection.supports_librabbitmq", lambda: True)
    [problem] = problems_of("amqp://host")
    assert "librabbitmq" in problem
    assert "write pyamqp://" in problem
    assert broker_of("pyamqp://host").kind is Kind.RABBITMQ


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://one;amqp://two", "several kinds of broker"),
        ("sentinel://one;two:26379", "write sentinel:// before each address"),
        ("redis://one;two:6379", "write redis:// before each address"),
        (f"amqp://one;user:{SECRET}@two", "write amqp:// before each address"),
        (SECRET, "must be a URL"),
        (";", "must be a URL"),
        (f"http://user:{SECRET}@host", "kombu knows no transport http://"),
        (f"redis://:{SECRET}@one@host:port/0", "is no port"),
        (f"redis://:a#{SECRET}@host:1/0", "write # as %23"),
        (f"redis://:a/{SECRET}@host:1/0", "write / as %2F"),
        (f"redis://:a;{SECRET}@host:1/0", "write redis:// before each address, and a ; in a password as %3B"),
        (f"redis://one;redis://:a?{SECRET}@host:1/0", "write ? as %3F"),
        (f"redis://:1@b?{SECRET}=c@host:1/0", "write ? as %3F"),
        (f"redis://:1@b?pw=c{SECRET}@host:1/0", "in a password it is written ? as %3F"),
        (f"common.config:load_settings://{SECRET}", "must be a URL"),
        (f":{SECRET}@redis://host", "must be a URL"),
        ("redis+cluster://host", "kombu knows no transport redis+cluster://"),
        (f"sentinel+socket:///run/{SECRET}", "kombu knows no transport sentinel+socket://"),
        (f"redis://host/{SECRET}", "stands the number of Redis's database"),
        (f"redis://one/0;rediss://two/{SECRET}", "behind the last / of rediss:// stands the number"),
        (f"redis+socket:///run/redis.sock?virtual_host={SECRET}", "stands the number of Redis's database"),
        (f"redis://{SECRET}@host/0", "a user without a password: write :password@host"),
        (f"redis://:{SECRET}@one;redis://{SECRET}@two", "a user without a password"),
        (f"sentinel://{SECRET}@host", "a user without a password"),
        (f" redis://:{SECRET}@host/0", "begins or ends with a space"),
    ],
)
def test_what_is_no_broker_is_refused_in_one_line(url: str, words: str) -> None:
    [problem] = problems_of(url)
    assert problem.startswith("BROKER_URL: ")
    assert words in problem


# Its options


def test_what_correctness_needs_is_there_beside_what_was_chosen() -> None:
    chosen = {"global_keyprefix": "shop:", "sep": ":", "priority_steps": [0, 5], "visibility_timeout": 7200}
    assert broker_of(options=chosen).options == {
        **chosen,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "health_check_interval": 3,
        "max_retries": 0,
        **OWN_UNACKED,
    }


@pytest.mark.parametrize("name", sorted(RESERVED))
@pytest.mark.parametrize("url", ["redis://host", "sentinel://host", "amqp://host"])
def test_what_correctness_needs_cannot_be_set(url: str, name: str) -> None:
    [problem] = problems_of(url, {name: SECRET})
    assert problem.startswith(f"RELAY_BROKER_OPTIONS: {name} cannot be set: ")


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("redis://host", {"global_key_prefix": SECRET}, "no option global_key_prefix; did you mean global_keyprefix?"),
        ("redis://host", {"master_name": "m"}, "no option master_name"),
        ("redis://host", {"socket_keepalive_options": {"4": SECRET}}, "must be an object of whole numbers"),
        ("amqp://host", {"socket_settings": [SECRET]}, "socket_settings must be an object"),
        ("amqp://host", {"socket_settings": {"TCP_IDLE": 1}}, "TCP_IDLE is no option of a socket"),
        ("amqp://host", {"client_properties": SECRET}, "client_properties must be an object"),
        ("amqp://host", {"global_keyprefix": "shop:"}, "no option global_keyprefix; there are: channel_max"),
        ("redis://host", {"global_keyprefix": None}, "global_keyprefix must be a text"),
        ("redis://host", {"global_keyprefix": 5}, "global_keyprefix must be a text"),
        ("redis://host", {"sep": ""}, "sep must be a text that is not empty"),
        ("redis://host", {"priority_steps": "0,3"}, "priority_steps must be a list of whole numbers"),
        ("redis://host", {"priority_steps": []}, "priority_steps must be a list of whole numbers"),
        ("redis://host", {"visibility_timeout": "1h"}, "visibility_timeout must be a number of seconds above 0"),
        ("sentinel://host", {"sentinel_kwargs": SECRET}, "sentinel_kwargs must be an object"),
        ("redis://host", {"ssl": {"cert_reqs": SECRET}}, "ssl: there is no option cert_reqs; there are: ssl_ca_certs"),
        ("redis://host", {"ssl": SECRET}, "ssl must be true, false or an object"),
        ("amqp://host", {"ssl": {"cert_reqs": SECRET}}, "cert_reqs must be required, optional or none"),
    ],
)
def test_an_option_that_makes_no_sense_is_one_line_that_names_it(url: str, options: Any, words: str) -> None:
    [problem] = problems_of(url, options)
    assert problem.startswith("RELAY_BROKER_OPTIONS: ")
    assert words in problem


def test_all_problems_are_told_at_once() -> None:
    assert len(problems_of(options={"max_retries": 1, "sep": 1, "nonsense": 1, "queue_order_strategy": "sorted"})) == 3


def test_no_secret_is_shown() -> None:
    broker = broker_of(
        f"sentinel://:{SECRET}@host", {"sentinel_kwargs": {"password": SECRET}, "ssl": {"ssl_password": SECRET}}
    )
    assert SECRET in f"{broker.url} {broker.options} {broker.ssl}"
    assert SECRET not in f"{broker!r} {broker}"


def test_the_sentinels_master_has_one_name() -> None:
    assert broker_of("sentinel://host").options["master_name"] == "mymaster"
    assert broker_of("sentinel://host", {"master_name": "other"}).options["master_name"] == "other"
    assert broker_of("sentinel://host", RELAY_SENTINEL_MASTER="other").options["master_name"] == "other"
    [problem] = problems_of("sentinel://host", {"master_name": "other"}, RELAY_SENTINEL_MASTER="another")
    assert problem == "RELAY_SENTINEL_MASTER and master_name differ: leave one out"


def test_socket_options_are_numbers() -> None:
    assert broker_of(options={"socket_keepalive_options": {"4": 10}}).options["socket_keepalive_options"] == {4: 10}
    assert broker_of("amqp://host", {"socket_settings": {"1": 1}}).options["socket_settings"] == {1: 1}
    named = {"socket_settings": {"TCP_KEEPIDLE": 20}}
    assert broker_of("amqp://host", named).options["socket_settings"] == {socket.TCP_KEEPIDLE: 20}


def test_a_failover_tries_each_url_once() -> None:
    assert broker_of("redis://one;redis://two;redis://three").options["max_retries"] == 2
    assert broker_of("sentinel://one;sentinel://two").options["max_retries"] == 0, "kombu asks them all in one try"


# What stands behind the ? of its URL


@pytest.mark.parametrize(
    ("url", "kept", "name", "value"),
    [
        ("redis://host/0?global_keyprefix=shop:", "redis://host/0", "global_keyprefix", "shop:"),
        ("redis://host/0?sep=1", "redis://host/0", "sep", "1"),
        ("redis://host?priority_steps=[0,5]", "redis://host", "priority_steps", [0, 5]),
        ("redis://host?fanout_prefix=False", "redis://host", "fanout_prefix", False),
        ("redis://host?socket_timeout=30&visibility_timeout=60", "redis://host", "socket_timeout", 30),
        ("redis://one?sep=:;redis://two?sep=:", "redis://one;redis://two", "sep", ":"),
        ("redis+socket:///r.sock?sep=:&virtual_host=1", "redis+socket:///r.sock?virtual_host=1", "sep", ":"),
        ("rediss://h?ssl_cert_reqs=none&sep=:", "rediss://h", "sep", ":"),
        ("sentinel://host?master_name=other", "sentinel://host", "master_name", "other"),
        ("amqp://host//?heartbeat=20&frame_max=4096", "amqp://host//?heartbeat=20", "frame_max", 4096),
    ],
)
def test_options_in_the_url_become_transport_options(url: str, kept: str, name: str, value: Any) -> None:
    broker = broker_of(url)
    assert broker.url == kept
    assert broker.options[name] == value


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("redis://host?db=2", None, "no option db"),
        ("redis://host?socket_timeout=0", None, "socket_timeout must be a number of seconds above 0, 60 at most"),
        ("redis://host?socket_timeout=None", None, "socket_timeout must be"),
        ("redis://host?health_check_interval=0", None, "health_check_interval cannot be set"),
        ("redis://host?max_retries=9", None, "max_retries cannot be set"),
        ("redis://host?sep=:", {"sep": "-"}, "sep is said twice, and differently"),
        ("redis://one?sep=:;redis://two?sep=-", None, "sep is said twice, and differently"),
        (f"rediss://host?ssl_cert_reqs={SECRET}", None, "ssl_cert_reqs must be required, optional or none"),
        ("amqp://host?confirm_publish=true", None, "confirm_publish cannot be set"),
        # kombu hands it on as a text, and every try to connect was a TypeError.
        ("amqp://host?connect_timeout=5", None, "connect_timeout cannot be set"),
        # kombu made a float of it when Celery printed its banner.
        (f"amqp://host?heartbeat={SECRET}", None, "heartbeat must be a number of seconds above 0, 60 at most"),
        ("amqp://host?heartbeat=NaN", None, "heartbeat must be a number"),
        ("amqp://host?heartbeat=0", None, "heartbeat must be a number"),
        (f"amqp://host?login_method={SECRET}", None, "login_method must be one of PLAIN, AMQPLAIN"),
    ],
)
def test_an_option_in_the_url_that_cannot_be_is_one_line(url: str, options: Any, words: str) -> None:
    [problem] = problems_of(url, options)
    assert words in problem


def test_what_is_said_twice_and_alike_is_said_once() -> None:
    assert broker_of("redis://host?sep=:", {"sep": ":"}).options["sep"] == ":"
