"""A Redis that is reached by TLS alone: worker, beat, commands and publisher get in with their certificates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sandbox.services import HOST
from sandbox.waiting import wait_until

from common.config import load_settings
from common.database.mssql_client import MSSQLClient
from relay.operations.scan_once import scan_once
from relay.sources.builtin import SALE
from tests.support.pharmacy import Desk
from tests.support.relay_process import environment_of, running_relay
from tests.support.tls import PASSWORD, Authority, Signed, queue_lengths, running_tls_redis

ARRIVAL_SECONDS = 60.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def client(authority: Authority) -> Signed:
    return authority.sign("client")


@pytest.fixture
def port(tmp_path: Path, authority: Authority) -> Iterator[int]:
    with running_tls_redis(tmp_path, authority, authority.sign("server")) as port:
        yield port


@pytest.fixture
def address(port: int) -> str:
    return f"rediss://:{PASSWORD}@{HOST}:{port}/0"


def _run(folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "relay"), *words],
        env={**environment_of(environment), "COLUMNS": "200"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(params=["in the URL", "in the options", "in both"])
def encrypted(
    request: pytest.FixtureRequest, environment: dict[str, str], authority: Authority, client: Signed, address: str
) -> dict[str, str]:
    """Settings with both certificates, in each place where they may stand."""
    options = {
        "ssl_ca_certs": str(authority.file),
        "ssl_certfile": str(client.certificate),
        "ssl_keyfile": str(client.key),
        "ssl_cert_reqs": "CERT_REQUIRED",
    }
    in_url = {"in the URL": [*options], "in the options": [], "in both": [*options][:2]}[request.param]
    query = "&".join(f"{name}={options.pop(name)}" for name in in_url)
    return {
        **environment,
        "BROKER_URL": f"{address}?{query}" if query else address,
        "RELAY_BROKER_OPTIONS": json.dumps({"ssl": options}) if options else "",
    }


def test_publisher_and_commands_get_in(
    mssql: MSSQLClient,
    pharmacy: Desk,
    encrypted: dict[str, str],
    authority: Authority,
    client: Signed,
    port: int,
    tmp_path: Path,
) -> None:
    pharmacy.insert("HĐ-1")
    scan_once(load_settings(_env_file=None, **encrypted), [SALE])
    assert queue_lengths(port, authority, client, "sale_queue") == [1]
    pharmacy.insert("HĐ-2")
    scanned = _run(tmp_path, encrypted, "scan", "sale")
    assert scanned.returncode == 0, scanned.stderr
    status = _run(tmp_path, encrypted, "status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout.splitlines()[0])["queue_length"] == 2


def test_worker_and_beat_get_in(
    mssql: MSSQLClient,
    pharmacy: Desk,
    environment: dict[str, str],
    authority: Authority,
    client: Signed,
    port: int,
    address: str,
    tmp_path: Path,
) -> None:
    query = f"ssl_ca_certs={authority.file}&ssl_certfile={client.certificate}&ssl_keyfile={client.key}"
    given = {
        **environment,
        "BROKER_URL": f"{address}?{query}",
        "RELAY_SCAN_INTERVAL": "0.5",
        "RELAY_LOG_LEVEL": "DEBUG",
    }
    with running_relay(tmp_path, given) as relay:
        for number in range(2):
            pharmacy.insert(f"HĐ-{number}")
            wait_until(
                lambda: queue_lengths(port, authority, client, "sale_queue") == [number + 1],  # noqa: B023
                timeout=ARRIVAL_SECONDS,
            )
        relay.check()
    assert "insecure" not in relay.log.read_text()


@pytest.mark.parametrize("wrong", ["another authority", "no authority", "another address", "no certificate"])
def test_nobody_gets_in_without_the_right_certificates(
    wrong: str,
    mssql: MSSQLClient,
    environment: dict[str, str],
    authority: Authority,
    client: Signed,
    tmp_path: Path,
) -> None:
    """By relay's own checks, without a word about them in the settings, or by Redis's."""
    shown = authority.sign("server", address="127.0.0.2" if wrong == "another address" else HOST)
    known = Authority(tmp_path / "stranger") if wrong == "another authority" else authority
    options = {} if wrong == "no authority" else {"ssl_ca_certs": str(known.file)}
    if wrong != "no certificate":
        options |= {"ssl_certfile": str(client.certificate), "ssl_keyfile": str(client.key)}
    with running_tls_redis(tmp_path, authority, shown) as port:
        url = f"rediss://:{PASSWORD}@{HOST}:{port}/0"
        given = {**environment, "BROKER_URL": url, "RELAY_BROKER_OPTIONS": json.dumps({"ssl": options})}
        done = _run(tmp_path, given, "scan", "sale")
        assert done.returncode in (2, 3)
        assert "Traceback" not in done.stderr
        assert ("certificate" in done.stderr.lower()) == (wrong != "no certificate") or "ssl" in done.stderr.lower()
        unchecked = {**options, "ssl_cert_reqs": "none"}
        given["RELAY_BROKER_OPTIONS"] = json.dumps({"ssl": unchecked})
        lets_in = _run(tmp_path, given, "scan", "sale").returncode == 0
        assert lets_in == (wrong != "no certificate"), "only the checks kept it out"


def test_a_file_that_is_missing_is_told_before_anything_is_tried(
    environment: dict[str, str], address: str, tmp_path: Path
) -> None:
    done = _run(tmp_path, {**environment, "BROKER_URL": f"{address}?ssl_ca_certs={os.devnull}-not"}, "status")
    assert done.returncode == 2
    assert "relay: BROKER_URL: ssl_ca_certs must be a file that relay may read" in done.stderr
