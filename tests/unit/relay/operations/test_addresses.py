"""Where the settings say that a service is: for people, without a password."""

from __future__ import annotations

import pytest

from common.config import Settings, load_settings
from relay.error_policy import Service
from relay.operations.addresses import addresses_of
from relay.operations.spoken import Spoken

SECRET = "canary-pw"


def _settings(**given: str) -> Settings:
    return load_settings(
        _env_file=None,
        **{
            "MSSQL_SERVER": "sql",
            "MSSQL_DATABASE": "shop",
            "MSSQL_USER": "relay",
            "MSSQL_PASSWORD": SECRET,
            "MONGO_URI": f"mongodb://relay:{SECRET}@mongo/",
            **given,
        },
    )


SQL, MONGO, BROKER = Service.SQL_SERVER, Service.MONGODB, Service.BROKER


@pytest.mark.parametrize(
    ("service", "given", "places", "expected"),
    [
        (SQL, {}, [("sql", 1433)], Spoken.SQL_SERVER),
        (SQL, {"MSSQL_SERVER": "tcp:[::1],7", "MSSQL_ENCRYPT": "strict"}, [("::1", 7)], Spoken.TLS),
        (SQL, {"MSSQL_SERVER": "sql\\nhathuoc"}, [], Spoken.SQL_SERVER),
        (SQL, {"MSSQL_SERVER": "sql\\nhathuoc,7"}, [("sql", 7)], Spoken.SQL_SERVER),
        (MONGO, {}, [("mongo", 27017)], Spoken.MONGODB),
        (MONGO, {"MONGO_URI": f"mongodb://u:{SECRET}@a:1,b/?tls=true"}, [("a", 1), ("b", 27017)], Spoken.TLS),
        (MONGO, {"MONGO_URI": f"mongodb+srv://u:{SECRET}@shop.example/"}, [], Spoken.MONGODB),
        (MONGO, {"MONGO_URI": "mongodb://%2Ftmp%2Fmongodb.sock/"}, [], Spoken.MONGODB),
        (BROKER, {"REDIS_HOST": "r", "REDIS_PORT": "7"}, [("r", 7)], Spoken.REDIS),
        (BROKER, {"BROKER_URL": f"redis://:{SECRET}@a/0;redis://b:7/0"}, [("a", 6379), ("b", 7)], Spoken.REDIS),
        (BROKER, {"BROKER_URL": f"rediss://:{SECRET}@a/0"}, [("a", 6379)], Spoken.TLS),
        (BROKER, {"BROKER_URL": "redis+socket:///run/redis.sock"}, [], Spoken.REDIS),
        (BROKER, {"BROKER_URL": f"sentinel://:{SECRET}@s"}, [("s", 26379)], Spoken.REDIS),
        (BROKER, {"BROKER_URL": f"amqp://u:{SECRET}@q//"}, [("q", 5672)], Spoken.RABBITMQ),
        (BROKER, {"BROKER_URL": f"amqps://u:{SECRET}@q:5671//"}, [("q", 5671)], Spoken.TLS),
    ],
)
def test_addresses(service: Service, given: dict[str, str], places: list[tuple[str, int]], expected: Spoken) -> None:
    found = addresses_of(service, _settings(**given))
    assert list(found.places) == places
    assert found.expected is expected
    assert SECRET not in repr(found)
    assert found.setting in found.shown or found.places


def test_no_library_warns_of_an_encryption_that_is_checked(caplog: pytest.LogCaptureFixture) -> None:
    """Once a command that met a rediss:// that was away said that its certificate is not checked."""
    addresses_of(BROKER, _settings(BROKER_URL="rediss://host:1/0"))
    assert not caplog.records
