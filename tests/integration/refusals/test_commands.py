"""Started in wrong ways: each command ends with one line that names the setting, and an exit code that says whether a
person has to mend something (2) or a service is away (3). No traceback, no password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
from sandbox.services import HOST

from common.database.mssql_client import MSSQLClient
from tests.integration.refusals.conftest import RIGHT, WRONG, Ports
from tests.support.commands import (
    ADOPT,
    BEAT,
    CHECK,
    CURRENT,
    DRY_RUN,
    ENABLE,
    RECONCILE,
    SCAN,
    STATUS,
    SUGGEST,
    UPGRADE,
    WORKER,
    Words,
    last_line,
    run,
)
from tests.support.listeners import GARBAGE, HTTP, listening

MEND, AWAY = 2, 3


@pytest.fixture(scope="module")
def places(ports: Ports, servers: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """What the settings below are filled in with."""
    with ExitStack() as stack:
        listeners = {"hangs_up": b"", "garbage": GARBAGE, "http": HTTP, "silent": None}
        yield {
            **asdict(ports),
            **{name: stack.enter_context(listening(answer)) for name, answer in listeners.items()},
            "host": HOST,
            "right": RIGHT,
            "wrong": WRONG,
            "redis_port": servers["REDIS_PORT"],
            "sql_port": servers["MSSQL_SERVER"].split(",")[1],
            "mongo_port": servers["MONGO_URI"].rstrip("/").rpartition(":")[2],
        }


def way(name: str, command: Words, code: int, told: str, **settings: str) -> object:
    """A wrong way: what is set, how the command ends, and what it says."""
    return pytest.param(command, code, told, settings, id=f"{name}, {' '.join(word for word in command[:3])}")


def _broker(name: str, command: Words, code: int, told: str, url: str) -> object:
    return way(name, command, code, told, BROKER_URL=url)


WAYS = [
    # Redis
    _broker("password", SCAN, MEND, "check user and password in BROKER_URL", "redis://:{wrong}@{host}:{redis}/0"),
    _broker("password", WORKER, MEND, "check user and password in BROKER_URL", "redis://:{wrong}@{host}:{redis}/0"),
    _broker("password", BEAT, MEND, "check user and password in BROKER_URL", "redis://:{wrong}@{host}:{redis}/0"),
    _broker("user", STATUS, MEND, "check user and password in BROKER_URL", "redis://ann:{right}@{host}:{redis}/0"),
    way("no password", STATUS, MEND, "asks for a password: write it into BROKER_URL", REDIS_PORT="{redis}"),
    way("no password", WORKER, MEND, "asks for a password: write it into BROKER_URL", REDIS_PORT="{redis}"),
    _broker("rights", SCAN, MEND, "the user of BROKER_URL lacks a right", "redis://poor:{right}@{host}:{redis}/0"),
    _broker("rights", WORKER, MEND, "the user of BROKER_URL lacks a right", "redis://poor:{right}@{host}:{redis}/0"),
    _broker("database", STATUS, MEND, "behind the last / of BROKER_URL", "redis://{host}:{redis_port}/99"),
    _broker("database", BEAT, MEND, "behind the last / of BROKER_URL", "redis://{host}:{redis_port}/99"),
    _broker("no TLS", STATUS, MEND, "speaks TLS, where Redis is expected", "redis://{host}:{redis_tls}/0"),
    _broker("no TLS", WORKER, MEND, "speaks TLS, where Redis is expected", "redis://{host}:{redis_tls}/0"),
    _broker("TLS", SCAN, MEND, "speaks Redis, where Redis with TLS is expected", "rediss://{host}:{redis_port}/0"),
    _broker("certificate", SCAN, MEND, "its certificate is not trusted", "rediss://{host}:{redis_tls}/0?{required}"),
    _broker("certificate", WORKER, MEND, "its certificate is not trusted", "rediss://{host}:{redis_tls}/0?{required}"),
    _broker("master", SCAN, MEND, "that RELAY_SENTINEL_MASTER gives, and know other", "sentinel://{host}:{sentinel}"),
    _broker("master", WORKER, MEND, "that RELAY_SENTINEL_MASTER gives, and know other", "sentinel://{host}:{sentinel}"),
    _broker("no sentinel", STATUS, MEND, "no sentinel: write redis://", "sentinel://{host}:{redis_port}"),
    _broker("a sentinel", STATUS, MEND, "check host and port in BROKER_URL", "redis://{host}:{sentinel}/0"),
    way("HTTP", SCAN, MEND, "is not Redis: check host and port in BROKER_URL, or REDIS_HOST", REDIS_PORT="{http}"),
    way(
        "garbage", BEAT, MEND, "is not Redis: check host and port in BROKER_URL, or REDIS_HOST", REDIS_PORT="{garbage}"
    ),
    way("MongoDB", STATUS, MEND, "speaks MongoDB, where Redis is expected", REDIS_PORT="{mongo_port}"),
    way("SQL Server", STATUS, MEND, "speaks SQL Server, where Redis is expected", REDIS_PORT="{sql_port}"),
    way("away", STATUS, AWAY, "Redis is away at {host}:{nobody}: ", REDIS_PORT="{nobody}"),
    way("hangs up", SCAN, AWAY, "Redis is away at {host}:{hangs_up}: ", REDIS_PORT="{hangs_up}"),
    way("silent", STATUS, AWAY, "Redis is away at {host}:{silent}: ", REDIS_PORT="{silent}"),
    way("name", STATUS, AWAY, "or check REDIS_HOST and REDIS_PORT", REDIS_HOST="no-such-host.invalid"),
    _broker("away", SCAN, AWAY, "Sentinel is away at {host}:{nobody}: No master found", "sentinel://{host}:{nobody}"),
    # RabbitMQ, which is not there
    _broker("away", STATUS, AWAY, "RabbitMQ is away at {host}:{nobody}: ", "amqp://ann:{wrong}@{host}:{nobody}//"),
    _broker("Redis", WORKER, MEND, "speaks Redis, where RabbitMQ is", "amqp://ann:{wrong}@{host}:{redis_port}//"),
    _broker("certificate", BEAT, MEND, "not trusted", "amqps://ann:{wrong}@{host}:{redis_tls}//"),
    # MongoDB
    way("password", SCAN, MEND, "authSource in MONGO_URI", MONGO_URI="mongodb://relay:{wrong}@{host}:{mongo}/"),
    way("password", ADOPT, MEND, "authSource in MONGO_URI", MONGO_URI="mongodb://relay:{wrong}@{host}:{mongo}/"),
    way("no user", DRY_RUN, MEND, "user and password into MONGO_URI", MONGO_URI="mongodb://{host}:{mongo}/"),
    way("no user", STATUS, MEND, "user and password into MONGO_URI", MONGO_URI="mongodb://{host}:{mongo}/"),
    way(
        "mechanism", RECONCILE, MEND, "authMechanism in MONGO_URI", MONGO_URI="mongodb://a:{wrong}@{host}:{standalone}/"
    ),
    way("TLS", STATUS, MEND, "speaks MongoDB, where MongoDB with TLS", MONGO_URI="mongodb://{host}:{mongo}/?tls=true"),
    way("set", SCAN, MEND, "replicaSet in MONGO_URI", MONGO_URI="mongodb://{host}:{mongo_port}/?replicaSet=other"),
    way(
        "set, direct",
        STATUS,
        MEND,
        "replicaSet in MONGO_URI",
        MONGO_URI="mongodb://{host}:{mongo_port}/?replicaSet=other&directConnection=true",
    ),
    way("alone", STATUS, MEND, "replicaSet in MONGO_URI", MONGO_URI="mongodb://{host}:{standalone}/?replicaSet=shop"),
    way(
        "Redis", RECONCILE, MEND, "speaks Redis, where MongoDB is expected", MONGO_URI="mongodb://{host}:{redis_port}/"
    ),
    way("HTTP", STATUS, MEND, "host and port in MONGO_URI", MONGO_URI="mongodb://{host}:{http}/"),
    way("database", STATUS, MEND, "MONGO_DB_NAME: ", MONGO_DB_NAME="nhà thuốc"),
    way("away", SCAN, AWAY, "MongoDB is away at {host}:{nobody}: ", MONGO_URI="mongodb://{host}:{nobody}/"),
    way("name", STATUS, AWAY, "or check MONGO_URI", MONGO_URI="mongodb://relay:{wrong}@no-such-host.invalid/"),
    # SQL Server
    way("driver", SCAN, MEND, "check MSSQL_DRIVER", MSSQL_DRIVER="ODBC Driver 99 for SQL Server"),
    way("driver", UPGRADE, MEND, "check MSSQL_DRIVER", MSSQL_DRIVER="/nowhere/libmsodbcsql.so"),
    way("driver", SUGGEST, MEND, "check MSSQL_DRIVER", MSSQL_DRIVER="ODBC Driver 99 for SQL Server"),
    way("password", ENABLE, MEND, "check MSSQL_USER and MSSQL_PASSWORD", MSSQL_PASSWORD="{wrong}"),
    way("password", CURRENT, MEND, "check MSSQL_USER and MSSQL_PASSWORD", MSSQL_PASSWORD="{wrong}"),
    way("password", CHECK, MEND, "check MSSQL_USER and MSSQL_PASSWORD", MSSQL_PASSWORD="{wrong}"),
    way(
        "password",
        SCAN,
        MEND,
        "all sources: SQL Server error 18456: the login was refused: check MSSQL_USER",
        MSSQL_PASSWORD="{wrong}",
    ),
    way("database", UPGRADE, MEND, "check MSSQL_DATABASE", MSSQL_DATABASE="nowhere"),
    way("database", STATUS, MEND, "check MSSQL_DATABASE", MSSQL_DATABASE="nowhere"),
    way("colon", DRY_RUN, MEND, "MSSQL_SERVER: the port stands behind a comma", MSSQL_SERVER="{host}:{sql_port}"),
    way("colon", WORKER, MEND, "MSSQL_SERVER: the port stands behind a comma", MSSQL_SERVER="{host}:{sql_port}"),
    way("colon", CURRENT, MEND, "MSSQL_SERVER: the port stands behind a comma", MSSQL_SERVER="{host}:{sql_port}"),
    way("port", BEAT, MEND, "MSSQL_SERVER: behind the comma stands the port", MSSQL_SERVER="{host},sql"),
    way("instance", SUGGEST, MEND, "MSSQL_SERVER: no SQL Server Browser answers", MSSQL_SERVER="{host}\\nhathuoc"),
    way("no encryption", CHECK, MEND, "set MSSQL_ENCRYPT=no", MSSQL_ENCRYPT="yes"),
    way("HTTP", ENABLE, MEND, "is not SQL Server: check host and port in MSSQL_SERVER", MSSQL_SERVER="{host},{http}"),
    way("Redis", CURRENT, MEND, "speaks Redis, where SQL Server is expected", MSSQL_SERVER="{host},{redis_port}"),
    way("MongoDB", STATUS, MEND, "speaks MongoDB, where SQL Server is expected", MSSQL_SERVER="{host},{mongo_port}"),
    way(
        "certificate",
        UPGRADE,
        MEND,
        "MSSQL_TRUST_SERVER_CERTIFICATE=true",
        MSSQL_SERVER="{host},{sql_server_tls}",
        MSSQL_ENCRYPT="yes",
        MSSQL_PASSWORD="{right}",
    ),
    way("away", UPGRADE, AWAY, "SQL Server is away at {host}:{nobody}: ", MSSQL_SERVER="{host},{nobody}"),
    way("away", SUGGEST, AWAY, "SQL Server is away at {host}:{nobody}: ", MSSQL_SERVER="{host},{nobody}"),
    way("hangs up", CHECK, AWAY, "SQL Server is away at {host}:{hangs_up}: ", MSSQL_SERVER="{host},{hangs_up}"),
]


@pytest.mark.parametrize(("command", "code", "told", "given"), WAYS)
def test_a_wrong_way_is_one_line(
    mssql: MSSQLClient,
    environment: dict[str, str],
    tmp_path: Path,
    places: dict[str, object],
    command: Words,
    code: int,
    told: str,
    given: dict[str, str],
) -> None:
    filled = {name: value.format(**places, required="ssl_cert_reqs=required") for name, value in given.items()}
    done = run(command, {**environment, **filled}, tmp_path)
    line = last_line(done, code, RIGHT, WRONG, environment["MSSQL_PASSWORD"])
    assert told.format(**places) in line
