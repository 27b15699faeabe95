"""FreeTDS's ODBC driver, through pyodbc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyodbc
import pytest

from tests.integration.drivers.server import DATABASE, PASSWORD, USER, Server

# The driver manager would keep closed connections open.
pyodbc.pooling = False


def library() -> Path:
    """The driver, where Debian's package puts it. Where it is not installed the test is skipped; in CI it fails."""
    found = sorted(Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
    if not found:
        missing = "FreeTDS's driver is not installed: sudo apt-get install tdsodbc"
        pytest.fail(missing, pytrace=False) if os.environ.get("CI") else pytest.skip(missing)
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
