"""The cause decides, however far within: a refusal that a library wraps is no outage, and a defect stays one."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import amqp.exceptions
import kombu.exceptions
import pymongo.errors
import pytest
import redis.exceptions
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, LifetimeTimeout
from redis.sentinel import MasterNotFoundError
from sqlalchemy.exc import DBAPIError

from common.database.errors import LockedError
from common.database.mongo.client import make_client
from relay.error_policy import Service, describe_error, is_transient, service_of, told_remedy


def _from(cause: BaseException, error: Exception) -> Exception:
    error.__cause__ = cause
    return error


def _kombus(cause: BaseException) -> Exception:
    return _from(cause, kombu.exceptions.OperationalError(str(cause)))


def _driver(state: str, text: str) -> DBAPIError:
    said = f"[{state}] [Microsoft][ODBC Driver 18 for SQL Server]{text} (SQLDriverConnect)"
    return DBAPIError(None, None, Exception(state, said))


def _unreached(said: str) -> pymongo.errors.ServerSelectionTimeoutError:
    return pymongo.errors.ServerSelectionTimeoutError(f"{said}, Timeout: 5.0s, Topology Description: <...>")


CERTIFICATE = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname")
WRONG_VERSION = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
REDIS_REFUSED = redis.exceptions.AuthenticationError("invalid username-password pair or user is disabled.")
NO_DRIVER = "[01000] [unixODBC][Driver Manager]Can't open lib 'x' : file not found (0) (SQLDriverConnect)"
NO_NAME: DNSException = NXDOMAIN()  # type: ignore[no-untyped-call]
NO_ANSWER: DNSException = LifetimeTimeout(timeout=5, errors=[])  # type: ignore[no-untyped-call]
NO_PYODBC = ImportError("libodbc.so.2: cannot open shared object file", name="pyodbc")
REFUSALS = [
    (_kombus(REDIS_REFUSED), "Redis: the user was refused"),
    (_kombus(redis.exceptions.AuthenticationError("Authentication required.")), "Redis: it asks for a password"),
    (_kombus(redis.exceptions.ResponseError("DB index is out of range")), "Redis: it has no database"),
    (_kombus(redis.exceptions.InvalidResponse('Protocol error, got "H"')), "Redis: what answers there is not"),
    (_kombus(redis.exceptions.ResponseError("unknown command 'SENTINEL', with")), "Redis: what answers there is no s"),
    (redis.exceptions.ResponseError("unknown command 'MGET', with args"), "Redis: it does not know a command"),
    (redis.exceptions.ResponseError("DENIED Redis is running in protected mode"), "Redis: it lets in its own machine"),
    (redis.exceptions.NoPermissionError("may not run 'mget'"), "Redis: the user of BROKER_URL lacks a right"),
    (
        _kombus(MasterNotFoundError("No master found for 'x' : <Redis(...)> - AuthenticationError('no')")),
        "Redis: the sentinels refuse the password",
    ),
    (
        _kombus(redis.exceptions.ConnectionError("Error 2 connecting to host:6379. No such file or directory.")),
        "Redis: a file of its TLS options",
    ),
    (_kombus(_from(CERTIFICATE, redis.exceptions.ConnectionError("Error 1"))), "broker: its certificate"),
    (_kombus(CERTIFICATE), "broker: its certificate"),
    (_kombus(WRONG_VERSION), "broker: it does not take this TLS"),
    (_kombus(amqp.exceptions.AccessRefused("ACCESS_REFUSED")), "RabbitMQ: the user was refused"),
    (amqp.exceptions.NotAllowed("vhost x not found"), "RabbitMQ: it does not let relay into this virtual host"),
    (pymongo.errors.OperationFailure("Command find requires authentication", 13), "MongoDB: it asks for a login"),
    (pymongo.errors.OperationFailure("other capitals", 13297), "MongoDB: a database of this name"),
    (_unreached('No replica set members available for replica set name "x"'), "MongoDB: it is no member"),
    (_unreached("node belongs to a set; this node belongs to a set named 'y'"), "MongoDB: it is no member"),
    (
        _unreached("SSL handshake failed: h:1: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
        "MongoDB: its",
    ),
    (_unreached("SSL handshake failed: h:1: [SSL: WRONG_VERSION_NUMBER] wrong"), "MongoDB: it and relay cannot agree"),
    (_unreached("h:1: [SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca"), "MongoDB: it and relay cannot agree"),
    (_unreached("Got response id 808465440 but expected 927612902"), "MongoDB: what answers there is not"),
    (_from(CERTIFICATE, pymongo.errors.AutoReconnect(f"SSL handshake failed: h:1: {CERTIFICATE}")), "MongoDB: its"),
    (_from(NO_NAME, pymongo.errors.ConfigurationError("does not exist")), "MongoDB: DNS knows no servers"),
    (pymongo.errors.InvalidName("database names cannot contain ' '"), "MongoDB: MONGO_DB_NAME: "),
    (_driver("01000", NO_DRIVER), "SQL Server: the ODBC driver cannot be loaded: check MSSQL_DRIVER"),
    (_driver("IM002", "Data source name not found"), "SQL Server: the ODBC driver cannot be loaded"),
    (_driver("08001", "SSL Provider: [error:0A000086::certificate verify failed:self-signed] (-1)"), "SQL Server: its"),
    (_driver("08001", "SSL Provider: [error:0A000102:SSL routines::unsupported protocol] (-1)"), "SQL Server: it and"),
    (_driver("08001", "Encryption not supported on SQL Server. (20)"), "SQL Server: it does not encrypt"),
    (_driver("HY000", "Protocol error in TDS stream (0)"), "SQL Server: what answers there is not SQL Server"),
    (NO_PYODBC, "SQL Server: pyodbc cannot be loaded (libodbc.so.2"),
    (ExceptionGroup("several", [socket.gaierror(-2, "unknown"), _kombus(REDIS_REFUSED)]), "Redis: the user was"),
]


@pytest.mark.parametrize(("error", "told"), REFUSALS, ids=[told for _, told in REFUSALS])
def test_a_refusal_within_is_no_outage_and_has_its_remedy(error: Exception, told: str) -> None:
    assert not is_transient(error)
    assert (told_remedy(error) or "").startswith(told)


OUTAGES = [
    _from(_driver("42000", "[SQL Server]Lock request time out period exceeded. (1222)"), LockedError("sale", "dbo.t")),
    _kombus(_from(ConnectionRefusedError(111, "refused"), redis.exceptions.ConnectionError("Error 111"))),
    _kombus(socket.gaierror(-3, "Temporary failure in name resolution")),
    _kombus(OSError("Server unexpectedly closed connection")),
    _kombus(MasterNotFoundError("No master found for 'mymaster' : <Redis(...)> - ConnectionError('refused')")),
    _kombus(MasterNotFoundError("No master found for 'mymaster'")),
    redis.exceptions.ConnectionError("Error 2 connecting to /run/redis.sock. No such file or directory."),
    ConnectionResetError(104, "reset"),
    TimeoutError("timed out"),
    OSError(113, "No route to host"),
    ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    _unreached("SSL handshake failed: h:1: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred"),
    _from(NO_ANSWER, pymongo.errors.ConfigurationError("lifetime expired")),
    *(pymongo.errors.OperationFailure("passes", code) for code in (6, 7, 43, 89, 133, 134, 9001, 11601)),
    _driver("HYT00", "Login timeout expired (0)"),
    _driver("08001", "TCP Provider: Error code 0x2746 (10054)"),
    DBAPIError("SELECT 1", None, Exception("08S01", "[08S01] Communication link failure (0) (SQLExecDirectW)")),
    ExceptionGroup("several", [TimeoutError("a"), ConnectionResetError(104, "b")]),
]


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_an_outage_passes_and_has_no_remedy(error: Exception) -> None:
    assert is_transient(error)
    assert told_remedy(error) is None


def _meanwhile(met: Exception, error: Exception) -> Exception:
    error.__context__ = met
    return error


DEFECTS = [
    _meanwhile(redis.exceptions.ConnectionError("away"), TypeError("a bug in what handles it")),
    _meanwhile(REDIS_REFUSED, KeyError("a bug in what handles it")),
    _meanwhile(_driver("08S01", "Communication link failure"), AttributeError("a bug")),
    _kombus(redis.exceptions.ResponseError("WRONGTYPE Operation against a key")),
    ExceptionGroup("several", [TimeoutError("away"), ValueError("a bug")]),
    FileNotFoundError(2, "No such file or directory", "/etc/relay.toml"),
    PermissionError(13, "Permission denied", "beat-schedule"),
    ImportError("cannot import name 'x'", name="relay"),
]


@pytest.mark.parametrize("error", DEFECTS, ids=repr)
def test_a_defect_is_neither(error: Exception) -> None:
    assert not is_transient(error)
    assert told_remedy(error) is None


@pytest.mark.parametrize(
    ("error", "service"),
    [
        (_kombus(TimeoutError()), Service.BROKER),
        (_from(_unreached("x"), ValueError()), Service.MONGODB),
        (_from(_driver("08S01", "x"), ValueError()), Service.SQL_SERVER),
        (CERTIFICATE, Service.BROKER),
    ],
)
def test_the_service_is_the_one_within(error: Exception, service: Service) -> None:
    assert service_of(error) is service


def test_what_no_sentinel_says_is_told_without_clients() -> None:
    unasked = _kombus(
        MasterNotFoundError("No master found for 'sh' : <redis.client.Redis(password=x)> - TimeoutError()")
    )
    assert describe_error(unasked) == "No master found for 'sh': no sentinel answers"
    down = _kombus(MasterNotFoundError("No master found for 'sh'"))
    assert describe_error(down) == "No master found for 'sh': no sentinel knows one that is up"


def test_what_mongodbs_driver_knows_of_its_servers_is_left_out() -> None:
    error = _unreached("h:1: refused (configured timeouts: socketTimeoutMS: 5000.0ms), i:2: refused")
    assert describe_error(error) == "ServerSelectionTimeoutError: h:1: refused, i:2: refused"


def test_a_file_that_holds_no_certificate_is_mongodbs(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(pymongo.errors.ConfigurationError) as caught:
        make_client(f"mongodb://host/?tls=true&tlsCAFile={file}", application="test")
    assert not is_transient(caught.value)
    assert (told_remedy(caught.value) or "").startswith("MongoDB: it cannot be used as MONGO_URI says: ")


@pytest.mark.parametrize("options", ["directConnection=true", "loadBalanced=true"])
def test_a_uri_that_the_driver_refuses_is_for_a_person(options: str) -> None:
    with pytest.raises(pymongo.errors.ConfigurationError) as caught:
        make_client(f"mongodb://user:canary-pw@one,two/?{options}", application="test")
    assert not is_transient(caught.value)
    said = told_remedy(caught.value) or ""
    assert said.startswith("MongoDB: it cannot be used as MONGO_URI says: ")
    assert "canary" not in said
