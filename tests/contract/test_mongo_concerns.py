"""Whatever MONGO_URI says of reads and writes: the primary, and the disks of a majority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
import structlog
from pymongo import ReadPreference

from common.config import load_settings
from common.database import mongo_client
from common.database.mongo_client import MongoStore
from relay.sources.builtin import SALE
from tests.support.samples import a_dispatch

OPTIONS = {
    "readPreference=secondaryPreferred": {"readPreference": "secondaryPreferred"},
    "readPreference=secondary": {"readPreference": "secondary"},
    "readPreference=nearest&maxStalenessSeconds=120": {"readPreference": "nearest"},
    "readPreference=primaryPreferred&readPreferenceTags=dc:hcm": {"readPreference": "primaryPreferred"},
    "readConcernLevel=local": {"readConcernLevel": "local"},
    "readconcernlevel=available&w=1": {"readConcernLevel": "available", "w": "1"},
    "readConcernLevel=linearizable": {"readConcernLevel": "linearizable"},
    "w=0": {"w": "0"},
    "w=backup&journal=false": {"w": "backup", "journal": "false"},
    "wTimeoutMS=1": {"wTimeoutMS": "1"},
}
ACCEPTED = [
    "",
    "w=majority&journal=true&readPreference=primary&readConcernLevel=majority",
    "retryWrites=false&retryReads=false",
    "tz_aware=false&datetime_conversion=DATETIME_MS",
]
Store = Callable[[str], MongoStore]


@pytest.fixture
def store_with(environment: dict[str, str]) -> Iterator[Store]:
    """Makes stores whose URI bears these options."""
    made: list[MongoStore] = []

    def make(options: str) -> MongoStore:
        address = urlsplit(environment["MONGO_URI"])
        uri = urlunsplit(address._replace(query="&".join(filter(None, (address.query, options)))))
        made.append(MongoStore(load_settings(_env_file=None, **{**environment, "MONGO_URI": uri})))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def warnings() -> Iterator[list[structlog.typing.EventDict]]:
    """What is logged, with nothing told before."""
    mongo_client._warn_once.cache_clear()
    with structlog.testing.capture_logs() as logged:
        yield logged
    mongo_client._warn_once.cache_clear()


@pytest.mark.parametrize("options", [*OPTIONS, *ACCEPTED])
def test_reads_and_writes_are_relays_own(store_with: Store, options: str) -> None:
    store = store_with(options)
    for place in (store.database, store.checkpoint_collection, store.task_logs):
        assert place.read_preference == ReadPreference.PRIMARY
        assert place.read_concern.level == "majority"
        assert place.write_concern.document == {"w": "majority", "j": True}
    lease = store.leases.acquire(SALE.id)
    assert lease is not None
    assert store.leases.renew(lease)
    assert store.leases.acquire(SALE.id) is None
    assert store.journal.prepare([a_dispatch(0)]) == []
    assert store.journal.prepare([a_dispatch(0)]) == [a_dispatch(0).id]
    assert store.journal.count("window-1", lambda _: None) == 1
    assert store.clock.now().tzinfo is not None


@pytest.mark.parametrize(("options", "named"), OPTIONS.items())
def test_what_is_overruled_is_told_once(
    store_with: Store, warnings: list[structlog.typing.EventDict], options: str, named: dict[str, str]
) -> None:
    for _ in range(2):
        store_with(options).client.admin.command("ping")
    told = [each for each in warnings if each["event"] == "mongo_uri_overruled"]
    shared = {
        "event": "mongo_uri_overruled",
        "log_level": "warning",
        "setting": "MONGO_URI",
        "uses": mongo_client.REQUIRED,
    }
    assert told == [{**shared, **named}]


@pytest.mark.parametrize("options", ACCEPTED)
def test_nothing_is_told_of_what_agrees(
    store_with: Store, warnings: list[structlog.typing.EventDict], options: str
) -> None:
    store_with(options).client.admin.command("ping")
    assert [each for each in warnings if each["event"] == "mongo_uri_overruled"] == []


def test_no_password_is_told(environment: dict[str, str], warnings: list[structlog.typing.EventDict]) -> None:
    uri = "mongodb://relay:s3cret@127.0.0.1:1/?readPreference=nearest&w=1&serverSelectionTimeoutMS=1"
    store = MongoStore(load_settings(_env_file=None, **{**environment, "MONGO_URI": uri}))
    assert store.client is not None
    store.close()
    assert len(warnings) == 1
    assert "s3cret" not in str(warnings)
