"""What is spoken at an address is found by asking real services, and those that are none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sandbox.services import HOST

from relay.operations.spoken import Spoken, spoken_at
from tests.integration.refusals.conftest import Ports
from tests.support.listeners import GARBAGE, HTTP, listening
from tests.support.rabbitmq_process import RabbitMQProcess


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("redis", Spoken.REDIS),
        ("redis_tls", Spoken.TLS),
        ("sentinel", Spoken.REDIS),
        ("mongo", Spoken.MONGODB),
        ("standalone", Spoken.MONGODB),
        ("sql_server_tls", Spoken.SQL_SERVER),
        ("nobody", None),
    ],
)
def test_services(ports: Ports, name: str, spoken: Spoken | None) -> None:
    assert spoken_at(HOST, getattr(ports, name)) is spoken


def test_a_sql_server_without_encryption(servers: Mapping[str, str]) -> None:
    assert spoken_at(HOST, int(servers["MSSQL_SERVER"].split(",")[1])) is Spoken.SQL_SERVER


def test_rabbitmq(rabbitmq: RabbitMQProcess) -> None:
    assert spoken_at(HOST, rabbitmq.port) is Spoken.RABBITMQ


@pytest.mark.parametrize(
    ("answer", "spoken"), [(HTTP, Spoken.HTTP), (GARBAGE, None), (b"", None), (None, None), (b"\x04\x01", None)]
)
def test_what_is_no_service(answer: bytes | None, spoken: Spoken | None) -> None:
    with listening(answer) as port:
        assert spoken_at(HOST, port) is spoken


@pytest.mark.parametrize("name", ["no-such-host.invalid", ".", "two..dots", "x" * 64])
def test_a_name_that_nobody_has_or_can_have(name: str) -> None:
    assert spoken_at(name, 1) is None
