"""amqps://: the server's certificate is checked, and that it was signed for the host in the URL."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from sandbox.services import HOST

from common.config import load_settings
from relay.celery_app import configuration
from tests.support.tls import Authority, Signed
from tests.unit.relay.broker.given import GIVEN

AMQP = b"AMQP\x00\x00\x09\x01"
"""What a client says first (AMQP 0-9-1, 4.2.2), once it trusts the server."""


@contextmanager
def _listening(shown: Signed) -> Iterator[tuple[int, list[bytes]]]:
    """A server that shows this certificate to one client: its port, and what the client said after that."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.certificate, shown.key)
    said: list[bytes] = []

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection, context.wrap_socket(connection, server_side=True) as encrypted:
                said.append(encrypted.recv(len(AMQP)))

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], said
        thread.join()


@pytest.mark.parametrize(
    ("address", "options", "is_trusted"),
    [
        (HOST, {"ca_certs": "ca.pem"}, True),
        (HOST, {}, False),
        ("127.0.0.2", {"ca_certs": "ca.pem"}, False),
        ("127.0.0.2", {"ca_certs": "ca.pem", "server_hostname": "127.0.0.2"}, True),
        ("127.0.0.2", {"cert_reqs": "none"}, True),
    ],
)
def test_a_certificate_is_for_the_host(
    address: str, options: dict[str, Any], is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    monkeypatch.chdir(authority.file.parent)
    with _listening(authority.sign("server", address=address)) as (port, said):
        given = {
            "BROKER_URL": f"amqps://user:broker-pw@{HOST}:{port}//",
            "RELAY_BROKER_OPTIONS": json.dumps({"ssl": options}),
        }
        app = Celery("test", set_as_current=False)
        app.conf.update(configuration(load_settings(_env_file=None, **GIVEN, **given)))
        with pytest.raises(OperationalError, match="closed" if is_trusted else "certificate verify failed"):
            app.connection_for_write().default_channel  # noqa: B018 - connects
    assert said == ([AMQP] if is_trusted else [])
