"""The file of NAME=value lines that says how the services are reached: for programs to read as their `.env`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sandbox.errors import ServiceError
from sandbox.files import write_whole

DEFAULT_PATH = Path(".sandbox/env")
CONTROL = "SANDBOX_CONTROL"
"""Where the SQL Server stand-in takes commands, HOST:PORT: for the sandbox's own tools."""

NAMES = (
    "MSSQL_DRIVER",
    "MSSQL_SERVER",
    "MSSQL_DATABASE",
    "MSSQL_USER",
    "MSSQL_PASSWORD",
    "MSSQL_ENCRYPT",
    "MSSQL_TRUST_SERVER_CERTIFICATE",
    "MONGO_URI",
    "REDIS_HOST",
    "REDIS_PORT",
    CONTROL,
)
"""The settings that a sandbox writes, in the order of the file."""
SOMETIMES = ("MSSQL_SERVER_CERTIFICATE",)
"""Those that it writes where they have a value."""


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the values of NAMES and SOMETIMES, for the owner only.

    Whole or not at all: a program that waits for the file never sees half of it.
    """
    names = [*NAMES, *(name for name in SOMETIMES if name in values)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(f"{name}={values[name]}\n" for name in names))


def read(path: Path) -> dict[str, str]:
    """Its values by name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)


def remove_stale(path: Path) -> None:
    """Remove what an earlier sandbox left there, and nothing that somebody else has written.

    A file is an earlier sandbox's when it holds the very names that a sandbox writes. Left where it is, it would
    make those who wait for the file believe that everything is up already.
    """
    if path.is_file() and set(read(path)) - set(SOMETIMES) == set(NAMES):
        path.unlink()


def claim(path: Path) -> None:
    """See that a sandbox may write there: what an earlier one left is taken away.

    Raises ServiceError for a file of somebody else's, which holds more than where the services are.
    """
    remove_stale(path)
    if path.exists():
        raise ServiceError(f"{path} is not a sandbox's file, and is left as it is: name another with --env-file")


def urls(values: Mapping[str, str]) -> dict[str, str]:
    """The services as URLs, under the names by which `sandbox.testing.urls` takes servers that run already."""
    user, password = (quote(values[name], safe="") for name in ("MSSQL_USER", "MSSQL_PASSWORD"))
    trust = "yes" if values["MSSQL_TRUST_SERVER_CERTIFICATE"] == "true" else "no"
    address = values["MSSQL_SERVER"].replace(",", ":")
    return {
        "TEST_SERVERS": "urls",
        "TEST_MSSQL_URL": f"mssql://{user}:{password}@{address}?encrypt={values['MSSQL_ENCRYPT']}&trust={trust}",
        "TEST_MONGO_URL": values["MONGO_URI"],
        "TEST_REDIS_URL": f"redis://{values['REDIS_HOST']}:{values['REDIS_PORT']}",
    }
