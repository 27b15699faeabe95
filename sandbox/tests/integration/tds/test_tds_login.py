"""Getting in, with and without TLS."""

from __future__ import annotations

import pyodbc
import pytest

from sandbox.sqlserver.certificate import Certificate
from sandbox.sqlserver.connections.encryption import Encryption
from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.waiting import wait_until
from tests.integration.tds.client import connect
from tests.integration.tds.fake_engine import FakeEngine

PLAIN = "Encrypt=no"
TRUSTED = "Encrypt=yes;TrustServerCertificate=yes"


def strict(certificate: Certificate) -> str:
    return f"Encrypt=strict;ServerCertificate={certificate.certificate}"


def echoes(port: int, encrypt: str) -> bool:
    """Whether a long value makes it there and back."""
    text = "long " * 20_000
    connection = connect(port, encrypt=encrypt)
    try:
        return connection.execute("ECHO ?", text).fetchone()[0] == text
    finally:
        connection.close()


@pytest.mark.parametrize("encrypt", [PLAIN, TRUSTED])
def test_clients_choose_whether_to_encrypt(server: TdsServer, encrypt: str) -> None:
    assert echoes(server.port, encrypt)


def test_strict_encryption(server: TdsServer, certificate: Certificate) -> None:
    assert echoes(server.port, strict(certificate))


def test_a_certificate_that_nobody_signed_is_refused_by_the_client(server: TdsServer) -> None:
    with pytest.raises(pyodbc.OperationalError, match="certificate verify failed"):
        connect(server.port, encrypt="Encrypt=yes")


def test_a_server_that_demands_encryption_gets_it(engine: FakeEngine, certificate: Certificate) -> None:
    server = TdsServer(engine, certificate=certificate, encryption=Encryption.YES)
    server.start()
    try:
        # The client does not ask for encryption but has to take it, so it looks at the certificate too.
        with pytest.raises(pyodbc.OperationalError, match="certificate verify failed"):
            connect(server.port, encrypt=PLAIN)
        assert echoes(server.port, TRUSTED)
    finally:
        server.stop()


def test_a_strict_server_refuses_everybody_else(engine: FakeEngine, certificate: Certificate) -> None:
    server = TdsServer(engine, certificate=certificate, encryption=Encryption.STRICT)
    server.start()
    try:
        with pytest.raises(pyodbc.OperationalError):
            connect(server.port, encrypt=TRUSTED)
        assert echoes(server.port, strict(certificate))
    finally:
        server.stop()


def test_a_server_without_a_certificate_refuses_encryption(engine: FakeEngine) -> None:
    server = TdsServer(engine)
    server.start()
    try:
        with pytest.raises(pyodbc.OperationalError):
            connect(server.port, encrypt=TRUSTED)
        assert echoes(server.port, PLAIN)
    finally:
        server.stop()


def test_encryption_without_a_certificate_is_refused_at_once(engine: FakeEngine) -> None:
    with pytest.raises(ValueError, match="needs a certificate"):
        TdsServer(engine, encryption=Encryption.YES)


def test_a_wrong_password(server: TdsServer) -> None:
    with pytest.raises(pyodbc.InterfaceError, match="Login failed") as raised:
        connect(server.port, words={"PWD": "wrong"})
    assert raised.value.args[0] == "28000"


def test_an_unknown_database(server: TdsServer) -> None:
    with pytest.raises(pyodbc.Error, match="4060"):
        connect(server.port, words={"DATABASE": "nowhere"})


def test_who_and_where_arrives(server: TdsServer, engine: FakeEngine) -> None:
    connection = connect(server.port, words={"APP": "the tests", "DATABASE": "master"})
    (session,) = engine.sessions
    assert (session.application, session.database) == ("the tests", "master")
    assert connection.getinfo(pyodbc.SQL_DATABASE_NAME) == "master"
    assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("16.00.4135")
    connection.close()


def test_leaving_closes_the_session(server: TdsServer, engine: FakeEngine) -> None:
    for _ in range(20):
        connect(server.port).close()
    wait_until(lambda: not engine.open_sessions())
    assert len(engine.sessions) == 20


def test_stopping_the_server_closes_sessions(server: TdsServer, engine: FakeEngine) -> None:
    connection = connect(server.port)
    server.stop()
    assert not engine.open_sessions()
    with pytest.raises(pyodbc.Error):
        connection.execute("ECHO ?", 1)
