"""From the MSSQL_... settings to a connection string."""

from __future__ import annotations

from pathlib import Path

import mssql_python_odbc
import pytest

from sandbox import odbc
from sandbox.errors import ServiceError

SETTINGS = {
    "MSSQL_DRIVER": "ODBC Driver 18 for SQL Server",
    "MSSQL_SERVER": "127.0.0.1,1433",
    "MSSQL_DATABASE": "Cửa hàng",
    "MSSQL_USER": "sa",
    "MSSQL_PASSWORD": "a;b}c=d",
}


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The package without any driver; gives its folder."""
    monkeypatch.setattr(mssql_python_odbc, "get_libs_dir", lambda: str(tmp_path))
    odbc.packaged_driver.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    odbc.packaged_driver.cache_clear()


def test_a_password_with_the_signs_of_a_connection_string_stays_whole() -> None:
    assert ";PWD={a;b}}c=d};" in odbc.connection_string(SETTINGS)
    assert "DATABASE={Cửa hàng};" in odbc.connection_string(SETTINGS)


def test_encryption_is_on_and_the_certificate_is_checked_unless_somebody_says_otherwise() -> None:
    assert "Encrypt={yes};TrustServerCertificate={no};" in odbc.connection_string(SETTINGS)
    lenient = {**SETTINGS, "MSSQL_ENCRYPT": "no", "MSSQL_TRUST_SERVER_CERTIFICATE": "true"}
    assert "Encrypt={no};TrustServerCertificate={yes};" in odbc.connection_string(lenient)


def test_a_certificate_is_handed_on() -> None:
    named = {**SETTINGS, "MSSQL_SERVER_CERTIFICATE": "/tmp/it.pem"}
    assert odbc.connection_string(named).endswith(";ServerCertificate={/tmp/it.pem}")
    assert "ServerCertificate" not in odbc.connection_string(SETTINGS).replace("TrustServerCertificate", "")


def test_what_is_missing_is_named_and_no_value_shown() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "MSSQL_SERVER"}
    with pytest.raises(ServiceError, match="MSSQL_SERVER not set") as raised:
        odbc.connection_string(settings)
    assert SETTINGS["MSSQL_PASSWORD"] not in str(raised.value)


def test_the_packages_driver_is_there_and_loads() -> None:
    assert Path(odbc.packaged_driver()).is_file()


def test_a_build_that_does_not_load_here_is_passed_over(no_driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign, own = no_driver / "alpine/libmsodbcsql-18.6.so.2.1", no_driver / "debian/libmsodbcsql-18.6.so.2.1"
    monkeypatch.undo()
    real = odbc.packaged_driver()
    odbc.packaged_driver.cache_clear()
    monkeypatch.setattr(mssql_python_odbc, "get_libs_dir", lambda: str(no_driver))
    for path in (foreign, own):
        path.parent.mkdir()
    foreign.write_bytes(b"of another machine")
    # It looks for its libraries beside itself.
    for file in Path(real).parent.iterdir():
        (own.parent / file.name).symlink_to(file)
    assert Path(odbc.packaged_driver()).parent == own.parent


def test_without_a_driver_that_loads_it_says_what_the_loader_said(no_driver: Path) -> None:
    with pytest.raises(ServiceError, match="there is none for this platform"):
        odbc.packaged_driver()
    (no_driver / "libmsodbcsql-18.6.so.2.1").write_bytes(b"of another machine")
    with pytest.raises(ServiceError, match=r"file too short.*libgssapi-krb5-2"):
        odbc.packaged_driver()
