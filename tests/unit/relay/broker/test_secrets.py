"""Nothing that is made of the settings shows a password: not by its repr, and not in what Celery prints of itself."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from celery import Celery

from common.config import load_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient, make_engine
from common.task_log import TaskLog
from relay import wiring
from relay.broker.confidential import Confidential, confidential
from relay.broker.settings import check_celery_agrees, read_broker
from relay.celery_app import configuration
from tests.unit.relay.broker.given import GIVEN, SECRET

URLS = [
    f"redis://user:{SECRET}@host:1/0",
    f"redis://:{SECRET}@one;redis://:{SECRET}@two",
    f"rediss://:{SECRET}@host",
    f"sentinel://:{SECRET}@one;sentinel://:{SECRET}@two",
    f"redis+socket://user:{SECRET}@/run/redis.sock",
    f"amqp://user:{SECRET}@host//",
    f"amqps://user:{SECRET}@host//",
]


@pytest.mark.parametrize("url", URLS)
def test_nothing_that_is_made_of_the_settings_shows_one(url: str) -> None:
    options: dict[str, object] = {"ssl": True if url.startswith("amqp") else {"ssl_password": SECRET}}
    options |= {"sentinel_kwargs": {"password": SECRET}} if url.startswith("sentinel") else {}
    options |= {"client_properties": {"key": [SECRET]}} if url.startswith("amqp") else {}
    mongo = f"mongodb://user:{SECRET}@host/?tls=true&tlsCertificateKeyFilePassword={SECRET}"
    given = {**GIVEN, "MSSQL_PASSWORD": SECRET, "MONGO_URI": mongo, "BROKER_URL": url}
    settings = load_settings(_env_file=None, **given, RELAY_BROKER_OPTIONS=json.dumps(options))
    app = Celery("test", set_as_current=False)
    app.conf.update(configuration(settings))
    engine, store = make_engine(settings), MongoStore(settings)
    connection = app.connection_for_write()
    made = [settings, read_broker(settings), engine, engine.url, engine.pool, engine.dialect, MSSQLClient(settings)]
    made += [store, store.client, store.database, store.checkpoint_collection, TaskLog(mongo)]
    made += [app, app.conf, app.amqp, connection, connection.info, connection.as_uri(), connection.transport]
    made += [app.bugreport(), app.conf.humanize(with_defaults=True), wiring._publisher(settings, app)]
    assert not [one for one in made if SECRET in f"{one} {one!r}"]
    assert SECRET in app.conf.broker_url
    check_celery_agrees(app, read_broker(settings))
    store.close()


def test_a_confidential_text_is_the_same_text() -> None:
    text = Confidential(SECRET)
    assert (text, f"{text}", hash(text), str(text)) == (SECRET, SECRET, hash(SECRET), SECRET)
    assert {str(text): 1}[text] == 1
    assert json.dumps([text]) == json.dumps([SECRET])
    for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert copied == SECRET
        assert SECRET not in f"{copied!r} {[copied]} {{copied: copied}}"


def test_texts_are_confidential_at_any_depth() -> None:
    given = {"a": [SECRET, {"b": SECRET}], "number": 1, "none": None}
    assert confidential(given) == given
    assert SECRET not in repr(confidential(given))
