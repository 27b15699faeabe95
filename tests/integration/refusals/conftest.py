"""Services that want a password, or speak TLS: started once for these tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, Place, announced_port, free_port, start_sql_server
from sandbox.sqlserver.certificate import Certificate, ensure_certificate
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

RIGHT = "Right-for-tests-1"
WRONG = "Wrong-for-tests-1"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where they listen, on this machine."""

    redis: int
    """Wants RIGHT; its user `poor` may do nothing but PING, `blind` may read, and `plain` may run no script."""
    redis_tls: int
    sentinel: int
    """Knows a master of the name `other`."""
    mongo: int
    """Wants the user `relay` with RIGHT; the replica set is `shop`."""
    standalone: int
    """A MongoDB that wants no login and is in no replica set."""
    sql_server_tls: int
    """Demands encryption; its certificate is signed by nobody."""
    nobody: int
    """Nothing listens there."""


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    server = RedisProcess(tmp_path / "redis-of-its-own")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    folder = tmp_path_factory.mktemp("refusals")
    children: list[Child] = []
    try:
        yield _started(folder, children)
    finally:
        stop_all(children)


def _started(folder: Path, children: list[Child]) -> Ports:
    place = Place(folder=folder, environment=os.environ, durable=False)
    redis, redis_tls, sentinel, nobody = (free_port() for _ in range(4))
    certificate = ensure_certificate(folder)
    poor = ["--user", "poor", "on", f">{RIGHT}", "~*", "&*", "-@all", "+ping"]
    blind = ["--user", "blind", "on", f">{RIGHT}", "~*", "&*", "+@read", "+@connection", "+info"]
    plain = ["--user", "plain", "on", f">{RIGHT}", "~*", "&*", "+@all", "-@scripting"]
    users = [*poor, *blind, *plain]
    children += [
        _redis(place, "redis", "--port", str(redis), "--requirepass", RIGHT, *users),
        _redis(place, "redis-tls", "--port", "0", "--tls-port", str(redis_tls), *_tls_options(certificate)),
        _sentinel(place, sentinel, redis),
    ]
    mongo = [sys.executable, "-m", "sandbox.mongo", "--port", "0", "--user", "relay", "--password-env", "THE_PASSWORD"]
    named = place.start("mongo-login", [*mongo, "--replica-set", "shop"], THE_PASSWORD=RIGHT)
    alone = place.start("mongo-alone", [sys.executable, "-m", "sandbox.mongo", "--port", "0"])
    server = start_sql_server(place, port=None, password=RIGHT, encrypt="yes")
    children += [named, alone, server]
    return Ports(
        redis=redis,
        redis_tls=redis_tls,
        sentinel=sentinel,
        mongo=announced_port(named),
        standalone=announced_port(alone),
        sql_server_tls=announced_port(server),
        nobody=nobody,
    )


def _tls_options(certificate: Certificate) -> list[str]:
    return [
        "--tls-cert-file",
        str(certificate.certificate),
        "--tls-key-file",
        str(certificate.key),
        "--tls-auth-clients",
        "no",
    ]


def _redis(place: Place, name: str, *options: str) -> Child:
    command = ["redis-server", "--bind", HOST, "--save", "", "--dir", str(place.folder), *options]
    return _ready(place.start(name, command), "Ready to accept")


def _sentinel(place: Place, port: int, redis: int) -> Child:
    file = place.folder / "sentinel.conf"
    file.write_text(f"port {port}\nbind {HOST}\ndir {place.folder}\nsentinel monitor other {HOST} {redis} 1\n")
    return _ready(place.start("sentinel", ["redis-server", str(file), "--sentinel"]), "Sentinel ID")


def _ready(child: Child, words: str) -> Child:
    wait_until(lambda: words in child.log.read_text() or child.exit_code is not None)
    child.check()
    return child
