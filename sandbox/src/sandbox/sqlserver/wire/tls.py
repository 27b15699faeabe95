"""TLS in the two ways of TDS: inside PRELOGIN packets (7.x), or around everything (8.0, `Encrypt=strict`)."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox.sqlserver.wire.packets import PacketType, read_packet, send_message
from sandbox.sqlserver.wire.streams import ClientGoneError, ProtocolError, Stream

_RECEIVE_SIZE = 65536
FIRST_TLS_BYTE = 0x16
"""Content type of a handshake record: how a strict connection begins."""
_TDS_8 = "tds/8.0"


def tls_in_prelogin(certificate: Path, key: Path) -> ssl.SSLContext:
    """The context for TDS 7.x.

    TLS 1.2 at most: in 1.3 the client's last handshake message may come together with LOGIN7 outside of PRELOGIN
    packets, and Microsoft's driver hangs.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def strict_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """The context for TDS 8.0."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols([_TDS_8])
    return context


class TlsStream(Stream):
    """A stream inside another one. Made by `accept_in_prelogin` or `accept_strict`."""

    def __init__(self, below: Stream, context: ssl.SSLContext) -> None:
        super().__init__()
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._mutex = threading.Lock()
        """OpenSSL's object is not made for a reader and a sender at once."""

    def send(self, data: bytes) -> None:
        """Send everything. Raises ClientGoneError."""
        with self._mutex:
            left = memoryview(data)
            while left:
                left = left[self._tls.write(left) :]
            encrypted = self._outgoing.read()
        self._below.send(encrypted)

    def handshake(self, receive: Callable[[], bytes], send: Callable[[bytes], None]) -> None:
        """Shake hands over the two functions. Raises ProtocolError, ClientGoneError."""
        while not self._shake(send):
            self._incoming.write(receive())

    def _shake(self, send: Callable[[bytes], None]) -> bool:
        try:
            self._tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS: {error}") from None
        finally:
            # Also after a failure: the alert tells the client why.
            pending = self._outgoing.read()
            if pending:
                send(pending)

    def _receive(self) -> bytes:
        while True:
            data = self._decrypted()
            if data is not None:
                return data
            encrypted = self._below.receive()
            with self._mutex:
                self._incoming.write(encrypted)

    def _decrypted(self) -> bytes | None:
        """What has arrived in the clear; None when more has to be received."""
        try:
            with self._mutex:
                data = self._tls.read(_RECEIVE_SIZE)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            raise ClientGoneError("the client ended TLS") from None
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS: {error}") from None
        if not data:
            raise ClientGoneError("the client ended TLS")
        return data


def accept_in_prelogin(below: Stream, context: ssl.SSLContext) -> TlsStream:
    """TLS whose handshake travels in PRELOGIN packets. Raises ProtocolError, ClientGoneError."""

    def receive() -> bytes:
        packet = read_packet(below)
        if packet.type is not PacketType.PRELOGIN:
            raise ProtocolError(f"a packet {packet.type.name} in place of TLS")
        return packet.payload

    stream = TlsStream(below, context)
    stream.handshake(receive, lambda data: send_message(below, PacketType.PRELOGIN, data))
    return stream


def accept_strict(below: Stream, context: ssl.SSLContext) -> TlsStream:
    """TLS around everything. Raises ProtocolError, ClientGoneError."""
    stream = TlsStream(below, context)
    stream.handshake(below.receive, below.send)
    return stream
