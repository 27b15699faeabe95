"""Whether a server answers the first message of MSSQL_ENCRYPT=strict, which is TLS's.

Microsoft's driver 18.6 waits for that answer without a limit, its login timeout begins later: measured on Linux, with a
socket that accepts and says nothing. With Encrypt=yes and no the first message is TDS's own, and the limit holds.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

ALPN = "tds/8.0"
"""MS-TDS 2.1, TDS 8.0: what the client asks for in its first message."""


def is_silent(host: str, port: int, *, seconds: float) -> bool:
    """Whether somebody takes the connection there and says nothing for so long.

    False also where it cannot be made, or is ended: that the driver notices by itself.
    """
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.sendall(_client_hello(host))
            try:
                connection.recv(1)
            except TimeoutError:
                return True
    except (OSError, UnicodeError):
        return False
    return False


def _client_hello(host: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([ALPN])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=host).do_handshake()
    return outgoing.read()
