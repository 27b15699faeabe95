"""Settings with a broker, and what is wrong with them."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest

from common.config import SettingsError, load_settings
from relay.broker.settings import Broker, read_broker

GIVEN = {
    "MSSQL_SERVER": "db.example",
    "MSSQL_DATABASE": "pharmacy",
    "MSSQL_USER": "relay",
    "MSSQL_PASSWORD": "mssql-pw",
    "MONGO_URI": "mongodb://mongo.example/",
}
SECRET = "broker-pw"


def broker_of(url: str = "redis://redis.example/0", options: Any = None, **settings: str) -> Broker:
    given = {} if options is None else {"RELAY_BROKER_OPTIONS": json.dumps(options)}
    return read_broker(load_settings(_env_file=None, **GIVEN, BROKER_URL=url, **given, **settings))


def problems_of(url: str = "redis://redis.example/0", options: Any = None, **settings: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        broker_of(url, options, **settings)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    return str(caught.value).splitlines()
