"""Whatever kombu takes for Redis is Redis: exactly once; but for a cluster, which is refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from sandbox import services
from sandbox.processes import Child, stop_all
from sandbox.services import HOST
from sandbox.sqlserver.certificate import ensure_certificate
from sandbox.waiting import wait_until

from common.config import load_settings
from common.database.errors import ConfigurationError
from common.database.records import NOWHERE
from relay import wiring
from relay.broker.redis_publisher import RedisPublisher
from relay.celery_app import configuration
from relay.error_policy import as_configuration_error, is_transient
from relay.sources.builtin import SALE
from tests.support.queues import task_ids_in_redis
from tests.support.samples import a_dispatch, an_offset

Server = Callable[..., None]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Starts a redis-server with these options; returns when it takes connections."""
    children: list[Child] = []

    def start(*options: str) -> None:
        place = services.Place(folder=tmp_path, environment=os.environ, durable=False)
        child = place.start("redis", ["redis-server", "--dir", str(tmp_path), "--save", "", *options])
        children.append(child)
        wait_until(lambda: "ready to accept" in child.log.read_text().lower() or child.exit_code is not None)
        child.check()

    yield start
    stop_all(children)


@pytest.fixture
def publisher_of(environment: dict[str, str]) -> Iterator[Callable[..., tuple[Celery, RedisPublisher]]]:
    """Gives an app and its publisher, wired as a process wires them, for a BROKER_URL."""
    with ExitStack() as stack:

        def wire(url: str, **given: str) -> tuple[Celery, RedisPublisher]:
            settings = load_settings(_env_file=None, **{**environment, "BROKER_URL": url, **given})
            app = stack.enter_context(closing(Celery("kinds", set_as_current=False)))
            app.conf.update(configuration(settings))
            publisher: Any = stack.enter_context(closing(wiring._publisher(settings, app)))
            assert isinstance(publisher, RedisPublisher), "not exactly once"
            return app, publisher

        yield wire


def _is_exactly_once(app: Celery, publisher: RedisPublisher) -> None:
    batch = [a_dispatch(seq) for seq in range(3)]
    for _ in range(2):
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
    assert publisher.offsets([SALE]) == {"sale": an_offset(2)}
    assert task_ids_in_redis(app, SALE.queue) == [dispatch.id for dispatch in batch]


@pytest.mark.parametrize("scheme", ["redis", "REDIS", "Redis"])
def test_redis_in_any_spelling(publisher_of: Any, environment: dict[str, str], scheme: str) -> None:
    _is_exactly_once(*publisher_of(f"{scheme}://{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/0"))


@pytest.mark.parametrize("query", ["", "?virtual_host=2", "?virtual_host=2&socket_timeout=3&sep=:"])
@pytest.mark.parametrize("scheme", ["redis+socket", "REDIS+SOCKET"])
def test_redis_behind_a_socket(publisher_of: Any, server: Server, tmp_path: Path, scheme: str, query: str) -> None:
    socket = tmp_path / "r.sock"
    server("--port", "0", "--unixsocket", str(socket))
    _is_exactly_once(*publisher_of(f"{scheme}://{socket}{query}"))
    with redis.Redis(unix_socket_path=str(socket), db=2 if query else 0) as client:
        assert client.llen("sale_queue") == 3


@pytest.mark.parametrize("options", ["?ssl_cert_reqs=none", "?ssl_cert_reqs=required&ssl_ca_certs={ca}", ""])
def test_redis_over_tls(publisher_of: Any, server: Server, tmp_path: Path, options: str) -> None:
    certificate, port = ensure_certificate(tmp_path), services.free_port()
    own = ("--tls-cert-file", str(certificate.certificate), "--tls-key-file", str(certificate.key))
    server("--bind", HOST, "--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", *own)
    given = {} if options else {"RELAY_BROKER_OPTIONS": f'{{"ssl": {{"ssl_ca_certs": "{certificate.certificate}"}}}}'}
    app, publisher = publisher_of(f"rediss://{HOST}:{port}/0{options.format(ca=certificate.certificate)}", **given)
    _is_exactly_once(app, publisher)
    app.send_task("relay.reconcile", queue="relay")
    assert len(task_ids_in_redis(app, "relay")) == 1


def test_a_failover_finds_the_one_that_is_there(publisher_of: Any, environment: dict[str, str]) -> None:
    there = f"redis://{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/0"
    _is_exactly_once(*publisher_of(f"redis://{HOST}:{services.free_port()}/0;{there}"))


def test_a_cluster_is_refused_by_name(publisher_of: Any, server: Server) -> None:
    port = services.free_port()
    bus = ("--cluster-enabled", "yes", "--cluster-port", str(services.free_port()))
    server("--bind", HOST, "--port", str(port), *bus)
    _, publisher = publisher_of(f"redis://{HOST}:{port}/0")
    calls: list[Callable[[], object]] = [lambda: publisher.offsets([SALE]), lambda: publisher.queue_length(SALE)]
    for call in calls:
        with pytest.raises((ConfigurationError, redis.RedisError)) as caught:
            call()
        assert type(caught.value) is ConfigurationError
        assert "this is a Redis Cluster" in str(caught.value)


def test_a_user_who_may_not_ask_is_let_through(publisher_of: Any, server: Server) -> None:
    port = services.free_port()
    server("--bind", HOST, "--port", str(port), "--user", "relay", "on", ">pw", "~*", "&*", "+@all", "-info")
    _is_exactly_once(*publisher_of(f"redis://relay:pw@{HOST}:{port}/0"))


@pytest.mark.parametrize(
    ("who", "words"),
    [("relay:another-pw@{place}/0", "the user was refused"), ("relay:pw@{place}/99", "no database of this number")],
    ids=["another password", "another database"],
)
def test_who_is_not_let_in_learns_the_remedy(publisher_of: Any, server: Server, who: str, words: str) -> None:
    port = services.free_port()
    server("--bind", HOST, "--port", str(port), "--user", "relay", "on", ">pw", "~*", "&*", "+@all")
    _, publisher = publisher_of(f"redis://{who.format(place=f'{HOST}:{port}')}")
    with pytest.raises(redis.RedisError) as caught:
        publisher.offsets([SALE])
    told = as_configuration_error(caught.value, "source sale")
    assert words in str(told)
    assert "another-pw" not in str(told)
    assert not is_transient(caught.value)
