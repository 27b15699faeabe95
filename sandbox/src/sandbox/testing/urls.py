"""Servers that run already, given by their URLs (TEST_SERVERS=urls).

    TEST_MSSQL_URL=mssql://sa:password@host:1433?encrypt=yes&trust=yes
    TEST_MONGO_URL=mongodb://host:27017/
    TEST_REDIS_URL=redis://host:6379

The tests make databases of their own, whose names begin with `sandbox_test`. Redis they empty: it must be empty when
they begin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import pytest
import redis

from sandbox.odbc import connect, packaged_driver

MSSQL, MONGO, REDIS = "TEST_MSSQL_URL", "TEST_MONGO_URL", "TEST_REDIS_URL"
DATABASE = "sandbox_test"


def places() -> Sequence[str]:
    """Host and port of each, without passwords."""
    return [_url(name).netloc.rpartition("@")[2] for name in (MSSQL, MONGO, REDIS)]


def settings_from_urls() -> Mapping[str, str]:
    """The settings for the servers, with a database of the tests' own. The test fails where Redis holds anything."""
    mssql = sql_server_from_url()
    _create_database(mssql)
    server = _url(REDIS)
    if server.path.strip("/") not in ("", "0") or server.password:
        pytest.fail(f"{REDIS}: REDIS_HOST and REDIS_PORT name database 0 without a password only", pytrace=False)
    host, port = server.hostname or "localhost", server.port or 6379
    with redis.Redis(host, port) as client:
        if client.dbsize():
            pytest.fail(f"{REDIS}: there are keys in it, and the tests would delete them: empty it", pytrace=False)
    return {
        **mssql,
        "MONGO_URI": os.environ[MONGO],
        "REDIS_HOST": host,
        "REDIS_PORT": str(port),
    }


def sql_server_from_url() -> Mapping[str, str]:
    """The MSSQL_... settings for the server, and for a database of the tests' own."""
    server = _url(MSSQL)
    options = {name: values[-1] for name, values in parse_qs(server.query).items()}
    return {
        "MSSQL_DRIVER": packaged_driver(),
        "MSSQL_SERVER": f"{server.hostname},{server.port or 1433}",
        "MSSQL_DATABASE": DATABASE,
        "MSSQL_USER": unquote(server.username or ""),
        "MSSQL_PASSWORD": unquote(server.password or ""),
        "MSSQL_ENCRYPT": options.get("encrypt", "yes"),
        "MSSQL_TRUST_SERVER_CERTIFICATE": "true" if options.get("trust") == "yes" else "false",
    }


def _url(name: str) -> SplitResult:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"TEST_SERVERS=urls, but {name} is not set", pytrace=False)
    return urlsplit(value)


def _create_database(mssql: Mapping[str, str]) -> None:
    with closing(connect(mssql, database="master")) as connection:
        connection.execute(f"IF DB_ID('{DATABASE}') IS NULL CREATE DATABASE {DATABASE}")
