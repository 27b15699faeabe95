"""python-tds: a driver written in Python alone."""

from __future__ import annotations

from typing import Any

import pytds
from pytds.connection import Connection

from tests.integration.drivers.server import DATABASE, PASSWORD, USER, Server


def encrypted(server: Server) -> dict[str, Any]:
    """Arguments for a connection that is encrypted as a whole. The certificate names no address that pytds knows."""
    return {"cafile": str(server.certificate), "validate_host": False}


def connect(server: Server, **arguments: Any) -> Connection:
    """A connection. Where the server refuses one, pytds tries again for `login_timeout` seconds."""
    words = {
        "dsn": "127.0.0.1",
        "port": server.port,
        "database": DATABASE,
        "user": USER,
        "password": PASSWORD,
        "login_timeout": 20,
        "timeout": 20,
    }
    return pytds.connect(**{**words, **arguments})


def query(connection: Connection, sql: str, *values: object) -> list[tuple[object, ...]]:
    """The rows of a statement's first result; none for one without."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
