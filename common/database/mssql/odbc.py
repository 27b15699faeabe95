"""Where Microsoft's ODBC driver is on this machine.

`python -m common.database.mssql.odbc` prints the entry that makes it known to unixODBC by its usual name.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

REGISTERED_NAME = "ODBC Driver 18 for SQL Server"
INSTALL_DRIVER = "install the package mssql-python-odbc (make setup does), or Microsoft's msodbcsql18"
INSTALL_MANAGER = "sudo apt-get install unixodbc"

_DISTRIBUTIONS = {"debian": "debian_ubuntu", "ubuntu": "debian_ubuntu", "suse": "suse", "alpine": "alpine"}
_OTHER_LINUX = "rhel"


class OdbcMissingError(Exception):
    """unixODBC or the driver is not installed. The message says what to install."""


def find_driver() -> str:
    """What goes into MSSQL_DRIVER: the path of the library in the package mssql_python_odbc, else the name.

    Raises OdbcMissingError when unixODBC is not installed, or neither driver is.
    """
    try:
        import pyodbc
    except ImportError as error:
        raise OdbcMissingError(f"pyodbc cannot be loaded ({error}): {INSTALL_MANAGER}") from None
    packaged = _packaged_driver()
    if packaged is not None:
        return str(packaged)
    if REGISTERED_NAME in pyodbc.drivers():
        return REGISTERED_NAME
    raise OdbcMissingError(f"no ODBC driver for SQL Server is installed: {INSTALL_DRIVER}")


def _packaged_driver() -> Path | None:
    spec = importlib.util.find_spec("mssql_python_odbc")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "libs" / _platform_folder()
    # Several versions side by side would be named in order.
    libraries = sorted([*folder.glob("lib/libmsodbcsql*.so.*"), *folder.glob("lib/libmsodbcsql*.dylib")])
    return libraries[-1] if libraries else None


def _platform_folder() -> Path:
    """The package's folder for this machine, as `mssql_python_odbc/libs` lays them out."""
    if sys.platform == "darwin":
        return Path("macos") / platform.machine()
    return Path("linux") / _distribution() / platform.machine().replace("aarch64", "arm64")


def _distribution() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return _OTHER_LINUX
    for name in [release.get("ID", ""), *release.get("ID_LIKE", "").split()]:
        if name in _DISTRIBUTIONS:
            return _DISTRIBUTIONS[name]
    return _OTHER_LINUX


def registration() -> str:
    """The entry of odbcinst.ini for the packaged driver; nothing where one is registered. Raises OdbcMissingError."""
    driver = find_driver()
    if driver == REGISTERED_NAME:
        return ""
    return f"[{REGISTERED_NAME}]\nDescription=Microsoft ODBC Driver 18 for SQL Server\nDriver={driver}\n"


if __name__ == "__main__":
    print(registration(), end="")
