"""A certificate that nobody has signed, for encrypted connections on this machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CERTIFICATE_FILE = "certificate.pem"
KEY_FILE = "certificate.key"
LIFETIME = dt.timedelta(days=365)
RENEWED_BEFORE = dt.timedelta(days=7)

_NAME = "localhost"
_KEY_BITS = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """Where a certificate and its private key are, both PEM."""

    certificate: Path
    key: Path


def ensure_certificate(folder: Path) -> Certificate:
    """The certificate in this folder, made if there is none or it is about to expire.

    It names localhost and 127.0.0.1. A client accepts it with TrustServerCertificate=yes; under Encrypt=strict, where
    that does not count, by ServerCertificate=PATH.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = Certificate(certificate=folder / CERTIFICATE_FILE, key=folder / KEY_FILE)
    if not _is_good(found):
        _make(found)
    return found


def _is_good(found: Certificate) -> bool:
    if not (found.certificate.exists() and found.key.exists()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        key = serialization.load_pem_private_key(found.key.read_bytes(), password=None)
    except ValueError:
        return False
    # Killed between the two files, a run leaves halves that do not belong together.
    belongs = certificate.public_key() == key.public_key()
    return belongs and certificate.not_valid_after_utc - RENEWED_BEFORE > dt.datetime.now(dt.UTC)


def _make(wanted: Certificate) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    certificate = _signed(key)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    wanted.key.unlink(missing_ok=True)
    descriptor = os.open(wanted.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    wanted.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(_NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks may differ a little.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
