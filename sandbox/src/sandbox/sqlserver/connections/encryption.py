"""Which encryption the server offers, and what it agrees on with a client."""

from __future__ import annotations

import enum
import ssl
from dataclasses import dataclass

from sandbox.sqlserver.certificate import Certificate
from sandbox.sqlserver.wire import prelogin
from sandbox.sqlserver.wire.tls import strict_tls, tls_in_prelogin


class Encryption(enum.Enum):
    """What the server demands."""

    NO = "no"
    OPTIONAL = "optional"
    """The client chooses. One that does not want encryption gets it for its login only, as with SQL Server."""
    YES = "yes"
    STRICT = "strict"
    """TDS 8 only: TLS before the first TDS byte."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsContexts:
    """For TLS inside PRELOGIN packets, and for TLS from the first byte."""

    in_prelogin: ssl.SSLContext
    strict: ssl.SSLContext


def tls_contexts(certificate: Certificate) -> TlsContexts:
    """Contexts with this certificate. Raises ssl.SSLError or OSError when it cannot be loaded."""
    return TlsContexts(
        in_prelogin=tls_in_prelogin(certificate.certificate, certificate.key),
        strict=strict_tls(certificate.certificate, certificate.key),
    )


def answer(policy: Encryption, wanted: prelogin.Encryption) -> prelogin.Encryption:
    """What the server says in PRELOGIN to what the client said (MS-TDS 2.2.6.5)."""
    offer = prelogin.Encryption
    if policy is Encryption.NO:
        return offer.NOT_SUPPORTED
    if wanted is offer.NOT_SUPPORTED:
        # The client will hang up where encryption is demanded.
        return offer.REQUIRED if policy is Encryption.YES else offer.NOT_SUPPORTED
    if wanted is offer.OFF:
        return offer.REQUIRED if policy is Encryption.YES else offer.OFF
    return offer.ON
