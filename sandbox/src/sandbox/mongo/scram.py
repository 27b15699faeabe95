"""SCRAM-SHA-256, the server's side (RFC 5802 and 7677)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from pymongo.saslprep import saslprep

from sandbox.mongo.errors import Code, CommandError

MECHANISM: Final = "SCRAM-SHA-256"
_ITERATIONS: Final = 15_000
"""MongoDB's default; drivers refuse fewer than 4096."""
_GS2_HEADER: Final = b"n,,"


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """A log-in that has begun."""

    user: str
    client_first: bytes
    server_first: bytes
    nonce: bytes


class Scram:
    """Knows one user. Holds keys made from the password, not the password."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._salt = secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), self._salt, _ITERATIONS)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        self._stored_key = hashlib.sha256(client_key).digest()
        self._server_key = hmac.digest(salted, b"Server Key", "sha256")

    def begin(self, payload: bytes) -> Conversation:
        """Answer the client's first message. Raises CommandError 18 if it is malformed."""
        if not payload.startswith(_GS2_HEADER):
            raise _refusal()
        client_first = payload[len(_GS2_HEADER) :]
        fields = _fields(client_first)
        nonce = fields[b"r"] + base64.b64encode(secrets.token_bytes(24))
        salt = base64.b64encode(self._salt)
        return Conversation(
            user=fields[b"n"].replace(b"=2C", b",").replace(b"=3D", b"=").decode(),
            client_first=client_first,
            server_first=b"r=%b,s=%b,i=%d" % (nonce, salt, _ITERATIONS),
            nonce=nonce,
        )

    def finish(self, conversation: Conversation, payload: bytes) -> bytes:
        """Check the client's proof and return the server's. Raises CommandError 18 for a wrong name or password."""
        without_proof, _, _ = payload.rpartition(b",p=")
        fields = _fields(payload)
        message = b",".join((conversation.client_first, conversation.server_first, without_proof))
        signature = hmac.digest(self._stored_key, message, "sha256")
        try:
            proof = base64.b64decode(fields[b"p"], validate=True)
        except binascii.Error:
            raise _refusal() from None
        client_key = bytes(left ^ right for left, right in zip(proof, signature, strict=False))
        is_key_right = hmac.compare_digest(hashlib.sha256(client_key).digest(), self._stored_key)
        if not (is_key_right and conversation.user == self._user and fields[b"r"] == conversation.nonce):
            raise _refusal()
        return b"v=" + base64.b64encode(hmac.digest(self._server_key, message, "sha256"))


class _Fields(dict[bytes, bytes]):
    def __missing__(self, name: bytes) -> bytes:
        raise _refusal()


def _fields(message: bytes) -> _Fields:
    parts = (part.partition(b"=") for part in message.split(b","))
    return _Fields({name: value for name, _, value in parts})


def _refusal() -> CommandError:
    return CommandError(Code.AuthenticationFailed, "Authentication failed.")
