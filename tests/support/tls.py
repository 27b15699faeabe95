"""Certificates made on the spot, and a Redis that lets in only who has one of them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, free_port
from sandbox.waiting import wait_until

PASSWORD = "nonsense-pw"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """Where a certificate and its key are, both PEM."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates. Its own is what a client has to know (`ssl_ca_certs`)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self._builder(self._name, self._key.public_key()).add_extension(constraint, critical=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def sign(self, name: str, *, address: str = HOST) -> Signed:
        """A certificate for this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = self._builder(subject, key.public_key()).add_extension(names, critical=False)
        made = Signed(certificate=self._folder / f"{name}.pem", key=self._folder / f"{name}.key")
        made.certificate.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))


@contextmanager
def running_tls_redis(folder: Path, authority: Authority, server: Signed) -> Iterator[int]:
    """A Redis without a plain port, which wants a password and a certificate of the client's; its port."""
    port, program = free_port(), shutil.which("redis-server")
    assert program is not None
    options: Mapping[str, object] = {
        "bind": HOST,
        "port": 0,
        "tls-port": port,
        "tls-cert-file": server.certificate,
        "tls-key-file": server.key,
        "tls-ca-cert-file": authority.file,
        "tls-auth-clients": "yes",
        "requirepass": PASSWORD,
        "dir": folder,
    }
    file = folder / "redis.conf"
    file.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    child = Child.start("redis", [program, str(file)], log=folder / "redis.log", env=dict(os.environ), cwd=folder)
    try:
        wait_until(lambda: "Ready to accept" in child.log.read_text() or child.exit_code is not None)
        child.check()
        yield port
    finally:
        stop_all([child])


def queue_lengths(port: int, authority: Authority, client: Signed, *queues: str) -> list[int]:
    """How many messages wait in each, asked by Redis's own client."""
    command = ["redis-cli", "--tls", "-h", HOST, "-p", str(port), "--no-auth-warning", "--cacert", str(authority.file)]
    command += ["--cert", str(client.certificate), "--key", str(client.key)]
    return [
        int(
            subprocess.run(
                [*command, "LLEN", queue],
                env={**os.environ, "REDISCLI_AUTH": PASSWORD},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for queue in queues
    ]
