"""From the first byte to a session: PRELOGIN, TLS, LOGIN7."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.sqlserver.connections.client_view import database_changed
from sandbox.sqlserver.connections.encryption import Encryption, TlsContexts, answer
from sandbox.sqlserver.contract import Engine, Info, Session, SqlError
from sandbox.sqlserver.wire import prelogin, tokens
from sandbox.sqlserver.wire.login import Login, parse_login
from sandbox.sqlserver.wire.packets import (
    DEFAULT_PACKET,
    LARGEST_PACKET,
    SMALLEST_PACKET,
    PacketType,
    read_message,
    send_message,
)
from sandbox.sqlserver.wire.prelogin import Option, make_prelogin, parse_prelogin, wanted_encryption
from sandbox.sqlserver.wire.streams import ProtocolError, Stream
from sandbox.sqlserver.wire.tls import FIRST_TLS_BYTE, accept_in_prelogin, accept_strict
from sandbox.sqlserver.wire.tokens import Done, DoneStatus, Environment
from sandbox.sqlserver.wire.versions import TdsVersion, agreed_version

PROGRAM = "Microsoft SQL Server"
VERSION = (16, 0, 4135)
"""Major, minor and build, as a SQL Server 2022 says it."""
LARGEST_LOGIN = 128 * 1024
"""Bytes, also in SQL Server."""

_LANGUAGE = "us_english"
_LANGUAGE_CHANGED = 5703


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """A client that is logged in: what to talk through from now on, and packets of how many bytes."""

    session: Session
    stream: Stream
    packet_size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """How clients are let in."""

    engine: Engine
    encryption: Encryption
    tls: TlsContexts | None
    """None when nothing is encrypted."""

    def admit(self, plain: Stream, hang_up: Callable[[], None]) -> Admission | None:
        """Let a client in, or tell it why not and give back None. `hang_up` ends its connection, from any thread.

        Raises ProtocolError and ClientGoneError.
        """
        login_stream, stream = self._agree(plain)
        login = parse_login(read_message(login_stream, PacketType.LOGIN, limit=LARGEST_LOGIN))
        try:
            tds_version = agreed_version(login.tds_version)
            session = self.engine.login(login.user, login.password, login.database, login.application, hang_up)
        except SqlError as failure:
            refusal = tokens.error(failure) + tokens.done(Done.BATCH, DoneStatus.ERROR)
            send_message(stream, PacketType.REPLY, refusal)
            return None
        admission = Admission(session=session, stream=stream, packet_size=_packet_size(login.packet_size))
        try:
            send_message(stream, PacketType.REPLY, _welcome(login, tds_version, admission))
        except BaseException:
            session.close()
            raise
        return admission

    def _agree(self, plain: Stream) -> tuple[Stream, Stream]:
        """PRELOGIN and TLS. Gives back what the login comes through, and what everything after it does."""
        if plain.peek() == FIRST_TLS_BYTE:
            encrypted = self._strict(plain)
            return encrypted, encrypted
        if self.encryption is Encryption.STRICT:
            raise ProtocolError("a client without Encrypt=strict, which this server demands")
        options = parse_prelogin(read_message(plain, PacketType.PRELOGIN, limit=LARGEST_LOGIN))
        wanted = wanted_encryption(options)
        offer = answer(self.encryption, wanted)
        send_message(plain, PacketType.REPLY, _prelogin(offer, federated=Option.FEDERATED_AUTHENTICATION in options))
        if offer is prelogin.Encryption.NOT_SUPPORTED:
            return plain, plain
        if self.tls is None or wanted is prelogin.Encryption.NOT_SUPPORTED:
            raise ProtocolError("a client that cannot encrypt, which this server demands")
        encrypted = accept_in_prelogin(plain, self.tls.in_prelogin)
        return encrypted, plain if offer is prelogin.Encryption.OFF else encrypted

    def _strict(self, plain: Stream) -> Stream:
        if self.tls is None:
            raise ProtocolError("a client with Encrypt=strict, but this server does not encrypt")
        encrypted = accept_strict(plain, self.tls.strict)
        options = parse_prelogin(read_message(encrypted, PacketType.PRELOGIN, limit=LARGEST_LOGIN))
        federated = Option.FEDERATED_AUTHENTICATION in options
        reply = _prelogin(prelogin.Encryption.NOT_SUPPORTED, federated=federated)
        send_message(encrypted, PacketType.REPLY, reply)
        return encrypted


def _prelogin(offer: prelogin.Encryption, *, federated: bool) -> bytes:
    """The server's PRELOGIN: no MARS, any instance name is right. `federated`: the client asked, so it is answered."""
    major, minor, build = VERSION
    options = {
        Option.VERSION: struct.pack(">BBHH", major, minor, build, 0),
        Option.ENCRYPTION: bytes([offer]),
        Option.INSTANCE: b"\x00",
        Option.THREAD: b"",
        Option.MARS: b"\x00",
    }
    if federated:
        options[Option.FEDERATED_AUTHENTICATION] = b"\x00"
    return make_prelogin(options)


def _packet_size(wanted: int) -> int:
    return min(max(wanted, SMALLEST_PACKET), LARGEST_PACKET) if wanted else DEFAULT_PACKET


def _welcome(login: Login, tds_version: TdsVersion, admission: Admission) -> bytes:
    database = admission.session.database
    language = Info(number=_LANGUAGE_CHANGED, text=f"Changed language setting to {_LANGUAGE}.")
    size = str(admission.packet_size)
    found = [
        tokens.environment_text(Environment.DATABASE, database, "master"),
        tokens.info(database_changed(database)),
        tokens.collation_change(),
        tokens.environment_text(Environment.LANGUAGE, _LANGUAGE, ""),
        tokens.info(language),
        tokens.login_acknowledged(tds_version, PROGRAM, VERSION),
        tokens.environment_text(Environment.PACKET_SIZE, size, size),
    ]
    if login.wants_features:
        found.append(tokens.no_features())
    found.append(tokens.done(Done.BATCH, DoneStatus.FINAL))
    return b"".join(found)
