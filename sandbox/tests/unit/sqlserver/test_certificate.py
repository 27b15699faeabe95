from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.sqlserver import certificate
from sandbox.sqlserver.certificate import ensure_certificate
from sandbox.sqlserver.connections.encryption import tls_contexts


def test_it_is_made_once_and_can_be_loaded(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path / "new")
    made = first.certificate.read_bytes()
    tls_contexts(ensure_certificate(tmp_path / "new"))
    assert first.certificate.read_bytes() == made
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600


def test_it_names_this_machine(tmp_path: Path) -> None:
    found = x509.load_pem_x509_certificate(ensure_certificate(tmp_path).certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


@pytest.mark.parametrize("damage", ["missing", "garbage", "another"])
def test_what_cannot_be_used_is_made_anew(tmp_path: Path, damage: str) -> None:
    found = ensure_certificate(tmp_path / "here")
    if damage == "missing":
        found.key.unlink()
    elif damage == "garbage":
        found.certificate.write_text("garbage")
    else:
        found.key.write_bytes(ensure_certificate(tmp_path / "there").key.read_bytes())
    tls_contexts(ensure_certificate(tmp_path / "here"))


def test_one_that_is_about_to_expire_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "LIFETIME", dt.timedelta(days=3))
    old = ensure_certificate(tmp_path).certificate.read_bytes()
    monkeypatch.undo()
    assert ensure_certificate(tmp_path).certificate.read_bytes() != old
