"""How MSSQL_SERVER is written: `host`, `host,port` or `host\\instance`.

Microsoft, "DSN and connection string keywords and attributes" (ODBC driver for SQL Server), Server. What is written in
another way the driver takes for the name of a host, and looks for it until its time is up.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from common.urls import name_problem

STANDARD_PORT = 1433
MEANT = "write host,port, as sql.example,1433"
LONGEST = 512
"""Characters: more than the driver takes (it refuses 1024), and than any name of a host has (255, RFC 1035)."""
THIS_MACHINE = "."
"""Microsoft, "Server" again: as drivers on Windows have it."""
_OTHER_WAYS = ("np:", "lpc:", "admin:")
"""Named pipes and shared memory, which the driver has on Windows alone, and the administrator's own connection."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerAddress:
    """Where SQL Server is."""

    host: str
    port: int | None
    """None: 1433, or what SQL Server Browser says of the instance."""
    instance: str | None


def parse_server(text: str) -> ServerAddress:
    """Take MSSQL_SERVER apart. Raises ValueError with what is wrong and what is meant, for a person."""
    _check_kind(text)
    place, comma, port = text.strip().removeprefix("tcp:").partition(",")
    host, backslash, instance = place.strip().partition("\\")
    # guard: host-colon-port
    if ":" in host and not _is_ipv6(host):
        raise ValueError(f"the port stands behind a comma, not a colon: {MEANT}")
    if not host or (backslash and not instance):
        raise ValueError(f"no host stands there: {MEANT}" if not host else "no instance stands behind the \\")
    if ":" not in host and host != THIS_MACHINE and (problem := name_problem(host)):
        raise ValueError(f"{problem}: {MEANT}")
    return ServerAddress(host=host, port=_port(port) if comma else None, instance=instance or None)


def _check_kind(text: str) -> None:
    if "://" in text:
        raise ValueError(f"it is no URL: {MEANT}")
    if text.strip().lower().startswith(_OTHER_WAYS):
        raise ValueError(f"relay connects by TCP: {MEANT}")
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"it is longer than a host's name can be, or holds control characters: {MEANT}")


def _port(text: str) -> int:
    number = text.strip()
    # guard: port-is-a-number
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= 65535 and len(number) <= 6):
        raise ValueError(f"behind the comma stands the port, a number from 1 to 65535: {MEANT}")
    return int(number)


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0]).version == 6
    except ValueError:
        return False
