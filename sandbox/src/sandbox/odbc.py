"""From the MSSQL_... settings to a connection through Microsoft's ODBC driver."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import mssql_python_odbc
import pyodbc

from sandbox.errors import ServiceError

APPLICATION = "sandbox"
LOGIN_SECONDS = 10
NEEDS_KERBEROS = "on Debian: sudo apt-get install libgssapi-krb5-2"


@cache
def packaged_driver() -> str:
    """The path of the driver that the package mssql-python-odbc brings: the first of its builds that loads here.

    The package has a build for each family of Linux distributions, and macOS's for each processor, in folders of its
    own; this machine's loader knows best which one fits.

    Raises ServiceError, with what the loader said, when none does.
    """
    problem = "there is none for this platform"
    libraries = Path(mssql_python_odbc.get_libs_dir())
    for library in sorted([*libraries.rglob("libmsodbcsql*.so.*"), *libraries.rglob("libmsodbcsql*.dylib")]):
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            problem = str(error)
        else:
            return str(library)
    raise ServiceError(f"Microsoft's ODBC driver cannot be loaded ({problem}); {NEEDS_KERBEROS}")


def connect(
    settings: Mapping[str, str], *, database: str | None = None, autocommit: bool = True, seconds: int = LOGIN_SECONDS
) -> pyodbc.Connection:
    """A connection to the server that the settings name, in their database or another; close it.

    Raises ServiceError when a setting is missing, pyodbc.Error when there is no connection within `seconds`.
    """
    dsn = connection_string(settings if database is None else {**settings, "MSSQL_DATABASE": database})
    return pyodbc.connect(dsn, autocommit=autocommit, timeout=seconds)


def connection_string(settings: Mapping[str, str]) -> str:
    """What pyodbc connects with; holds the password: not for logs. Raises ServiceError when a setting is missing.

    An idle connection that was cut stays cut (ConnectRetryCount): a test that cuts it wants to see that.
    """
    missing = [
        name for name in ("MSSQL_SERVER", "MSSQL_DATABASE", "MSSQL_USER", "MSSQL_PASSWORD") if name not in settings
    ]
    if missing:
        raise ServiceError(f"{', '.join(missing)} not set: name the file that `python -m sandbox up` has written")
    trusts = settings.get("MSSQL_TRUST_SERVER_CERTIFICATE") == "true"
    parts = {
        "DRIVER": settings.get("MSSQL_DRIVER") or packaged_driver(),
        "SERVER": settings["MSSQL_SERVER"],
        "DATABASE": settings["MSSQL_DATABASE"],
        "UID": settings["MSSQL_USER"],
        "PWD": settings["MSSQL_PASSWORD"],
        "Encrypt": settings.get("MSSQL_ENCRYPT", "yes"),
        "TrustServerCertificate": "yes" if trusts else "no",
        "ConnectRetryCount": "0",
        "APP": APPLICATION,
    }
    if certificate := settings.get("MSSQL_SERVER_CERTIFICATE"):
        parts["ServerCertificate"] = certificate
    return ";".join(f"{name}={_braced(value)}" for name, value in parts.items())


def _braced(value: str) -> str:
    """Braces keep `;` and `=` in a value, and `}` is written twice."""
    return "{" + value.replace("}", "}}") + "}"
