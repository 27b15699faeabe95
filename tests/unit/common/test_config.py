"""Settings: what is missing or senseless is one readable line; what is secret is never shown."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.config import Settings, SettingsError, get_sources_file, load_settings

SECRETS = ("pass;wo=rd}", "mongo-secret", "broker-secret")
GIVEN = {
    "MSSQL_SERVER": "db.example,1433",
    "MSSQL_DATABASE": "pharmacy",
    "MSSQL_USER": "relay",
    "MSSQL_PASSWORD": SECRETS[0],
    "MONGO_URI": f"mongodb://relay:{SECRETS[1]}@mongo.example/",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, and no .env in the working directory."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def given(nothing_set: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that must be given."""
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def _problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return str(caught.value).splitlines()


def _told() -> list[str]:
    """The same, where there may be none."""
    try:
        load_settings()
    except SettingsError as error:
        return str(error).splitlines()
    return []


def test_every_missing_setting_is_one_line_that_says_what_it_is() -> None:
    problems = _problems()
    assert [line.split()[0] for line in problems] == list(GIVEN)
    assert problems[0] == (
        "MSSQL_SERVER is not set (SQL Server's address: host, or host,port): set it in the environment or in .env"
    )


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("name", sorted({*GIVEN, "MONGO_DB_NAME"} - {"MONGO_URI"}))
def test_an_empty_setting_is_a_missing_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    (problem,) = _problems()
    assert problem.startswith(f"{name} is not set (")


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("name", GIVEN)
def test_one_missing_setting_is_the_only_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    (problem,) = _problems()
    assert problem.startswith(f"{name} is not set (")


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MSSQL_ENCRYPT", "maybe"),
        ("MSSQL_TRUST_SERVER_CERTIFICATE", "perhaps"),
        ("MONGO_URI", "http://mongo.example/"),
        ("REDIS_PORT", "0"),
        ("REDIS_PORT", "65536"),
        ("REDIS_PORT", "six"),
        ("RELAY_SCAN_INTERVAL", "0"),
        ("RELAY_SCAN_INTERVAL", "often"),
        ("RELAY_LINGER_SECONDS", "-1"),
        ("RELAY_LINGER_SECONDS", "nan"),
        ("RELAY_LINGER_STEP", "0"),
        # A worker that is told to end waits for it.
        ("RELAY_LINGER_STEP", "5.1"),
        ("RELAY_LEASE_SECONDS", "0.4"),
        ("RELAY_FIRST_RUN", "never"),
        ("RELAY_BATCH_SIZE", "0"),
        ("RELAY_BATCH_SIZE", "5001"),
        ("RELAY_QUEUE_LIMIT", "0"),
        ("RELAY_LOG_RETENTION_DAYS", "0"),
        ("RELAY_LOG_RETENTION_DAYS", "0.99"),
        ("RELAY_LOG_LEVEL", "LOUD"),
        ("RELAY_LOG_FORMAT", "xml"),
        ("RELAY_BROKER_OPTIONS", "{'sep': ':'}"),
        ("RELAY_BROKER_OPTIONS", "[]"),
        ("RELAY_BROKER_OPTIONS", "null"),
        ("RELAY_BROKER_OPTIONS", "[" * 100_000),
        ("RELAY_BROKER_OPTIONS", '{"visibility_timeout": ' + "9" * 5000 + "}"),
        *product(
            ["RELAY_SCAN_INTERVAL", "RELAY_LEASE_SECONDS", "RELAY_STALL_SECONDS"], ["86401", "1e15", "inf", "nan"]
        ),
        *product(["RELAY_STUCK_MINUTES", "RELAY_LOG_RETENTION_DAYS"], ["1e9", "1e15", "inf", "nan"]),
    ],
)
def test_a_senseless_setting_is_one_line_that_names_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    (problem,) = _problems()
    assert re.match(rf"{name}: \w+", problem)


@pytest.mark.usefixtures("given")
def test_several_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PORT", "six")
    monkeypatch.delenv("MSSQL_USER")
    assert {line.split()[0].rstrip(":") for line in _problems()} == {"REDIS_PORT", "MSSQL_USER"}


@pytest.mark.usefixtures("given")
def test_strict_encryption_checks_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSSQL_ENCRYPT", "strict")
    monkeypatch.setenv("MSSQL_TRUST_SERVER_CERTIFICATE", "true")
    assert _problems() == ["MSSQL_TRUST_SERVER_CERTIFICATE cannot be used with MSSQL_ENCRYPT=strict"]


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("name", ["BROKER_URL", "RELAY_BROKER_OPTIONS", "RELAY_SCAN_INTERVAL"])
def test_an_empty_value_is_as_good_as_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    assert getattr(load_settings(), name) is None


@pytest.mark.usefixtures("given")
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", f"amqp://relay:{SECRETS[2]}@broker.example//")
    monkeypatch.setenv("RELAY_BROKER_OPTIONS", f'{{"client_properties": "{SECRETS[1]}"}}')
    settings = load_settings()
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert SECRETS[2] in settings.broker_url
    assert settings.broker_options == {"client_properties": SECRETS[1]}


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("name", ["MONGO_URI", "MSSQL_PASSWORD", "BROKER_URL", "RELAY_BROKER_OPTIONS"])
def test_no_secret_is_shown_in_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"nonsense-{SECRETS[1]}")
    monkeypatch.setenv("REDIS_PORT", "six")
    monkeypatch.setenv("MSSQL_ENCRYPT", "strict")
    monkeypatch.setenv("MSSQL_TRUST_SERVER_CERTIFICATE", "true")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert SECRETS[1] not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None, "it would hold the values"


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("unseen", ["\r", "\n", "\x1b[31m", "\x85", "\u200b", "\u202e", "\ufeff", "\udce1"], ids=ascii)
@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_character_that_nobody_sees_is_told(name: str, unseen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"{SECRETS[2]}{unseen}")
    [problem] = [line for line in _problems() if line.startswith(name)]
    if (name, unseen) not in (("RELAY_BROKER_OPTIONS", "\r"), ("RELAY_BROKER_OPTIONS", "\n")):
        assert problem == (f"{name}: holds a character that nobody sees (U+{ord(unseen[0]):04X}): write it without")


@pytest.mark.usefixtures("given")
def test_options_may_have_several_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_BROKER_OPTIONS", '{\r\n\t"sep": ":"\n}')
    assert load_settings().broker_options == {"sep": ":"}


@pytest.mark.usefixtures("given")
def test_the_port_that_kubernetes_sets_is_told_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PORT", "tcp://10.0.0.1:6379")
    (problem,) = _problems()
    assert problem.startswith("REDIS_PORT: is an address, as Kubernetes sets it for a service called redis: ")
    assert "enableServiceLinks: false" in problem
    assert "BROKER_URL" in problem


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("port", ["tcp://10.0.0.1:6379", "six", "0", ""])
def test_what_is_not_used_is_not_checked(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PORT", port)
    monkeypatch.setenv("BROKER_URL", "redis://redis.example/1")
    assert _told() == []
    assert load_settings().broker_url == "redis://redis.example/1"


@pytest.mark.usefixtures("given")
def test_a_problem_in_the_file_names_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# relay\nRELAY_BATCH_SIZE=0\nMSSQL_USER: relay\n")
    assert _problems() == [".env, line 3: MSSQL_USER is not followed by =: write MSSQL_USER=value"]
    (tmp_path / ".env").write_text("# relay\nRELAY_BATCH_SIZE=0\n")
    (problem,) = _problems()
    assert problem.startswith("RELAY_BATCH_SIZE: ")
    assert problem.endswith(" (.env, line 2)")


def test_the_file_of_sources_is_named_by_the_file_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("RELAY_SOURCES='nguồn.toml'\r\n".encode("utf-16"))
    assert get_sources_file() == Path("nguồn.toml")
    (tmp_path / ".env").write_text('RELAY_SOURCES="C:\\new.toml"')
    with pytest.raises(SettingsError, match=r"^\.env, line 1: RELAY_SOURCES: a backslash in double quotes"):
        get_sources_file()


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [f"{name}={value}" for name, value in {**GIVEN, "MSSQL_PASSWORD": "plain", "REDIS_PORT": "1111"}.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "SOMETHING_ELSE=1"]))
    monkeypatch.setenv("REDIS_PORT", "2222")
    settings = load_settings()
    assert (settings.MSSQL_DATABASE, settings.REDIS_PORT) == ("pharmacy", 2222)


@pytest.mark.usefixtures("given")
def test_the_broker_is_redis_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", "redis.example")
    assert load_settings().broker_url == "redis://redis.example:6379/0"
    monkeypatch.setenv("BROKER_URL", "amqp://broker.example//")
    assert load_settings().broker_url == "amqp://broker.example//"


@pytest.mark.usefixtures("given")
def test_the_driver_reads_every_value_as_it_was_given() -> None:
    text = load_settings().odbc_connection_string
    assert "PWD={pass;wo=rd}}}" in text
    assert "SERVER={db.example,1433}" in text
    assert "Encrypt={yes};TrustServerCertificate={no}" in text
    assert "ConnectRetryCount={0}" in text


@pytest.mark.usefixtures("given")
def test_pydantics_own_error_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSSQL_PASSWORD", "")
    monkeypatch.setenv("REDIS_PORT", SECRETS[2])
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({})
    assert SECRETS[2] not in f"{caught.value} {caught.value!r}"


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("redis.example:6380", "write the port as REDIS_PORT"),
        ("[::1]:6380", "without a port"),
        (f"redis://:{SECRETS[2]}@redis.example", "write a URL as BROKER_URL"),
        (f"{SECRETS[2]}@redis.example", "write a URL as BROKER_URL"),
        ("redis.example/0", "write a URL as BROKER_URL"),
        ("one,two", "without a port or anything else"),
        ("redis.example\n", "holds a character that nobody sees"),
        (".", "an empty part"),
        ("redis..example", "an empty part"),
        ("r" * 64, "longer than 63"),
    ],
)
def test_a_redis_host_is_a_host_alone(host: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", host)
    (problem,) = _problems()
    assert problem.startswith("REDIS_HOST: ")
    assert words in problem
    assert SECRETS[2] not in problem
    monkeypatch.setenv("BROKER_URL", "redis://redis.example/0")
    assert load_settings().broker_url == "redis://redis.example/0", "what is not used is not checked"


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(("host", "written"), [("::1", "[::1]"), ("[::1]", "[::1]"), ("10.0.0.1", "10.0.0.1")])
def test_a_redis_host_may_be_an_address(host: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", host)
    assert load_settings().broker_url == f"redis://{written}:6379/0"


@pytest.mark.usefixtures("given")
def test_settings_cannot_be_changed() -> None:
    settings: Any = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.REDIS_PORT = 1


@pytest.mark.usefixtures("given")
def test_a_certificate_is_named_only_where_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSSQL_SERVER_CERTIFICATE", "")
    assert "ServerCertificate=" not in load_settings().odbc_connection_string.replace("TrustServerCertificate=", "")
    monkeypatch.setenv("MSSQL_SERVER_CERTIFICATE", "server.pem")
    assert "ServerCertificate={server.pem}" in load_settings().odbc_connection_string
