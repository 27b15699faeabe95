"""How relay reads and writes, whatever the URI says: the primary, and what a majority has on its disks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern


def pinned(client: MongoClient[dict[str, Any]], name: str) -> Database[dict[str, Any]]:
    """The database with these concerns; its collections inherit them. Times have their zone: UTC."""
    return client.get_database(
        name,
        codec_options=CodecOptions[dict[str, Any]](tz_aware=True, tzinfo=UTC),
        read_preference=ReadPreference.PRIMARY,  # guard: read-the-primary
        read_concern=ReadConcern("majority"),  # guard: read-a-majority
        write_concern=WriteConcern("majority", j=True),  # guard: write-a-majority
    )


def overruled(client: MongoClient[dict[str, Any]]) -> Mapping[str, str]:
    """Options of the client's URI that these concerns overrule, by name; nothing else of the URI."""
    found: dict[str, object] = {}
    if client.read_preference.mode != ReadPreference.PRIMARY.mode:
        found["readPreference"] = client.read_preference.mongos_mode
    if client.read_concern.level not in (None, "majority"):
        found["readConcernLevel"] = client.read_concern.level
    written = client.write_concern.document
    if written.get("w", "majority") != "majority":
        found["w"] = written["w"]
    if written.get("j") is False:
        found["journal"] = "false"
    if "wtimeout" in written:
        found["wTimeoutMS"] = written["wtimeout"]
    return {name: str(value) for name, value in found.items()}
