"""FreeTDS's ODBC driver, through pyodbc."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyodbc

from tests.integration.sandbox.drivers.server import DATABASE, PASSWORD, USER, Server

# The driver manager would keep closed connections open.
pyodbc.pooling = False


def library() -> Path:
    """The driver, where Debian's package puts it. AssertionError when it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
    assert found, "FreeTDS's driver is not installed: sudo apt-get install tdsodbc"
    return found[0]


def connect(
    server: Server, *, password: str = PASSWORD, version: str = "7.4", encryption: str = "off", **arguments: Any
) -> pyodbc.Connection:
    """A connection; `version` and `encryption` as FreeTDS names them."""
    words = {
        "DRIVER": library(),
        "SERVER": "127.0.0.1",
        "PORT": server.port,
        "DATABASE": DATABASE,
        "UID": USER,
        "PWD": password,
        "TDS_Version": version,
        "Encryption": encryption,
        "ClientCharset": "UTF-8",
    }
    arguments.setdefault("timeout", 20)
    return pyodbc.connect(";".join(f"{name}={value}" for name, value in words.items()), **arguments)
