"""Settings: the only place that reads the environment.

    from common.config import settings
    settings.MSSQL_SERVER

`settings` is made at its first use, from the environment and from `.env` in the working directory
(`common/env_file.py`).
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.database.mongo.uri import uri_problem
from common.server_address import parse_server
from common.settings_checks import all_seen, json_object, no_service_link
from common.settings_reader import SettingsError, read_settings
from common.urls import bare_host_problem, is_bare_ipv6

__all__ = [
    "CeleryEnvironment",
    "Settings",
    "SettingsError",
    "SourcesFile",
    "forget_celery_brokers",
    "get_celery_brokers",
    "get_settings",
    "get_sources_file",
    "load_settings",
]

ENV_FILE = Path(".env")
DAY_SECONDS = 86_400.0
"""The longest of relay's intervals and waits: a number above it was hardly meant in seconds."""
YEARS = 100 * 366.0
"""Days that are as good as for ever, and that dates still hold."""


class SourcesFile(BaseSettings):
    """Where the sources are read from: all that the migration's printed script needs to know."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=True, hide_input_in_errors=True)

    RELAY_SOURCES: Path | None = Field(
        None, description="TOML file that adds, changes or switches off sources; unset: the three built-in ones"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _everything_is_seen(cls, value: object, info: ValidationInfo) -> object:
        # JSON may have several lines.
        return all_seen(value, besides="\t\r\n" if info.field_name == "RELAY_BROKER_OPTIONS" else "")

    @field_validator("RELAY_SOURCES", mode="before")
    @classmethod
    def _empty_path_is_unset(cls, value: object) -> object:
        return None if value == "" else value


class CeleryEnvironment(BaseSettings):
    """What Celery itself reads from the environment, and never from `.env`, when it looks for its broker."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=True, hide_input_in_errors=True)

    CELERY_BROKER_URL: SecretStr | None = Field(None, description="also set by `celery -b URL`")
    CELERY_BROKER_READ_URL: SecretStr | None = None
    CELERY_BROKER_WRITE_URL: SecretStr | None = None


class Settings(SourcesFile):
    """Everything that can be set, under the names that the environment uses."""

    MSSQL_DRIVER: str = Field(
        "ODBC Driver 18 for SQL Server", min_length=1, description="ODBC driver: its name, or its file's path"
    )
    MSSQL_SERVER: str = Field(min_length=1, description="SQL Server's address: host, or host,port")
    MSSQL_DATABASE: str = Field(min_length=1, description="the database that holds the documents")
    MSSQL_USER: str = Field(min_length=1, description="login that relay reads with")
    MSSQL_PASSWORD: SecretStr = Field(min_length=1, description="that login's password")
    MSSQL_ENCRYPT: Literal["yes", "no", "strict"] = Field("yes", description="the driver's Encrypt: yes, no or strict")
    MSSQL_TRUST_SERVER_CERTIFICATE: bool = Field(
        default=False, description="accept a certificate that nobody has signed (development only)"
    )
    MSSQL_SERVER_CERTIFICATE: str | None = Field(
        None,
        description="PEM file of the server's certificate, where nobody known has signed it (MSSQL_ENCRYPT=strict)",
    )

    MONGO_URI: SecretStr = Field(description="MongoDB's address, mongodb://...")
    MONGO_DB_NAME: str = Field("relay", min_length=1, description="MongoDB database for watermarks and the task log")

    REDIS_HOST: str = Field("localhost", description="Redis host of the Celery queues")
    REDIS_PORT: int = Field(6379, ge=1, le=65535, description="Redis port of the Celery queues")
    BROKER_URL: SecretStr | None = Field(
        None, description="Redis, Sentinel or RabbitMQ as Celery's URL, in place of REDIS_HOST and REDIS_PORT"
    )
    RELAY_BROKER_OPTIONS: SecretStr | None = Field(
        None, description="Celery's broker_transport_options as a JSON object: those of the worker services"
    )
    RELAY_SENTINEL_MASTER: str = Field("mymaster", description="what the sentinels of a sentinel:// broker call Redis")

    RELAY_DATABASE: str | None = Field(
        None,
        description="name under which the database's state is kept in MongoDB and Redis; unset: MSSQL_DATABASE",
    )
    RELAY_SCAN_INTERVAL: Annotated[float, Field(gt=0, le=DAY_SECONDS)] | None = Field(
        None, description="seconds between scans; unset: every full minute"
    )
    RELAY_LINGER_SECONDS: Annotated[float, Field(ge=0, le=DAY_SECONDS)] = Field(
        10.0, description="how long a scan that found something goes on looking when nothing comes; 0: it does not"
    )
    RELAY_LINGER_STEP: Annotated[float, Field(ge=0.01, le=5, description="seconds between two such looks")] = 0.1
    RELAY_LEASE_SECONDS: Annotated[float, Field(ge=0.5, le=DAY_SECONDS)] = Field(
        15.0, description="how long a relay that has died keeps a source from the others"
    )
    RELAY_STALL_SECONDS: Annotated[float, Field(ge=1, le=DAY_SECONDS)] = Field(
        60.0, description="a statement in SQL Server that makes no progress for so long is given up"
    )
    RELAY_FIRST_RUN: Literal["pending", "now"] = Field(
        "pending", description="first start: send what is already pending, or only what comes after now"
    )
    RELAY_BATCH_SIZE: int = Field(1000, ge=1, le=5000, description="rows read, written and published at a time")
    RELAY_BASELINE_ROWS: int = Field(
        50_000,
        ge=1,
        description="rows of a baseline that are read and sent before the next ones are read; a crash costs so many",
    )
    RELAY_QUEUE_LIMIT: int = Field(100_000, ge=1, description="messages in a queue above which relay waits")
    RELAY_PUBLISH_SIGNALS: bool = Field(
        False, description="tell Celery's signals and events of every message, as tracing needs it; takes longer"
    )
    RELAY_STUCK_MINUTES: Annotated[float, Field(gt=0, le=YEARS * 24 * 60)] = Field(
        60.0, description="minutes a row may wait for its worker service before it is reported as stuck"
    )
    RELAY_LOG_RETENTION_DAYS: Annotated[float, Field(ge=1, le=YEARS)] = Field(
        30.0, description="days the task log is kept; more than change tracking's retention"
    )
    RELAY_LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="what is logged")
    RELAY_LOG_FORMAT: Literal["console", "json"] = Field("console", description="how it is logged")

    @field_validator(
        "BROKER_URL",
        "RELAY_BROKER_OPTIONS",
        "MSSQL_SERVER_CERTIFICATE",
        "RELAY_DATABASE",
        "RELAY_SCAN_INTERVAL",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="before")
    @classmethod
    def _unused_are_not_checked(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Kubernetes sets REDIS_PORT by itself where a service is called redis."""
        # guard: unused-not-checked
        unused = {"REDIS_HOST", "REDIS_PORT"} if data.get("BROKER_URL") else set()
        return {name: value for name, value in data.items() if name not in unused}

    @field_validator("REDIS_PORT", mode="before")
    @classmethod
    def _port_is_no_service_link(cls, value: object) -> object:
        return no_service_link(value)

    @field_validator("MSSQL_SERVER")
    @classmethod
    def _server_is_an_address(cls, value: str) -> str:
        parse_server(value)
        return value

    @field_validator("MONGO_URI")
    @classmethod
    def _mongo_uri_can_be_read(cls, value: SecretStr) -> SecretStr:
        if problem := uri_problem(value.get_secret_value()):
            raise ValueError(problem)
        return value

    @field_validator("RELAY_BROKER_OPTIONS")
    @classmethod
    def _options_are_an_object(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            json_object(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _strict_needs_a_certificate(self) -> Self:
        if self.MSSQL_ENCRYPT == "strict" and self.MSSQL_TRUST_SERVER_CERTIFICATE:
            raise ValueError("MSSQL_TRUST_SERVER_CERTIFICATE cannot be used with MSSQL_ENCRYPT=strict")
        return self

    @model_validator(mode="after")
    def _redis_host_is_a_host(self) -> Self:
        if self.BROKER_URL is None and (problem := bare_host_problem(self.REDIS_HOST)):
            raise ValueError(f"REDIS_HOST: {problem}")
        return self

    @property
    def database_name(self) -> str:
        """The database's name in MongoDB and Redis. Two databases on one MongoDB have two names. One that moves to
        another server and gets another name there keeps its old one through RELAY_DATABASE."""
        return self.RELAY_DATABASE or self.MSSQL_DATABASE

    @property
    def log_kept(self) -> timedelta:
        """How long the task log is kept."""
        return timedelta(days=self.RELAY_LOG_RETENTION_DAYS)

    @property
    def broker_url(self) -> str:
        """The Celery broker's URL as it was given, with its password: not for logs."""
        if self.BROKER_URL is not None:
            return self.BROKER_URL.get_secret_value()
        host = f"[{self.REDIS_HOST}]" if is_bare_ipv6(self.REDIS_HOST) else self.REDIS_HOST
        return f"redis://{host}:{self.REDIS_PORT}/0"

    @property
    def broker_options(self) -> dict[str, Any]:
        """RELAY_BROKER_OPTIONS, with the passwords in it: not for logs."""
        return {} if self.RELAY_BROKER_OPTIONS is None else json_object(self.RELAY_BROKER_OPTIONS.get_secret_value())

    @property
    def heartbeat_seconds(self) -> float:
        """How often a lease is renewed, and how often progress is looked for."""
        return self.RELAY_LEASE_SECONDS / 3

    @property
    def odbc_connection_string(self) -> str:
        """What pyodbc connects with; holds the password: not for logs.

        ConnectRetryCount=0: the driver must not reconnect an idle connection behind our back. A restore of the
        database cuts the connection, and the cycle has to notice (docs/cycle/seal.md).
        """
        parts = {
            "DRIVER": self.MSSQL_DRIVER,
            "SERVER": self.MSSQL_SERVER,
            "DATABASE": self.MSSQL_DATABASE,
            "UID": self.MSSQL_USER,
            "PWD": self.MSSQL_PASSWORD.get_secret_value(),
            "Encrypt": self.MSSQL_ENCRYPT,
            "TrustServerCertificate": "yes" if self.MSSQL_TRUST_SERVER_CERTIFICATE else "no",
            "ConnectRetryCount": "0",  # guard: driver-never-reconnects
            "APP": "relay",
        }
        if self.MSSQL_SERVER_CERTIFICATE is not None:
            parts["ServerCertificate"] = self.MSSQL_SERVER_CERTIFICATE
        return ";".join(f"{name}={_braced(value)}" for name, value in parts.items())


def _braced(value: str) -> str:
    """A value in an ODBC connection string: braces keep `;` and `=` in it, and `}` is written twice."""
    return "{" + value.replace("}", "}}") + "}"


def load_settings(*, _env_file: Path | None = ENV_FILE, **overrides: Any) -> Settings:
    """The settings of this process's environment, and of this file where the environment does not say.

    Raises SettingsError, which names each setting that is missing or senseless and never shows a value.
    """
    return read_settings(Settings, _env_file, overrides)


@cache
def get_settings() -> Settings:
    """The settings, read once a process."""
    return load_settings()


def get_celery_brokers() -> dict[str, str]:
    """The brokers that variables of Celery's own name, by the variable; with their passwords: not for logs.

    Read again each time: `celery -b URL` sets one of them.
    """
    environment = CeleryEnvironment.model_validate({})
    found = {name: getattr(environment, name) for name in CeleryEnvironment.model_fields}
    return {name: url.get_secret_value() for name, url in found.items() if url and url.get_secret_value()}


def forget_celery_brokers() -> None:
    """Take those variables out of this process's environment, and so out of what Celery reads."""
    for name in CeleryEnvironment.model_fields:
        os.environ.pop(name, None)


def get_sources_file() -> Path | None:
    """RELAY_SOURCES, whatever else is set or missing. Raises SettingsError."""
    return read_settings(SourcesFile, ENV_FILE, {}).RELAY_SOURCES


def __getattr__(name: str) -> Settings:
    if name == "settings":
        return get_settings()
    raise AttributeError(name)
