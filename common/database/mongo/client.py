"""The driver's client: every wait has a limit."""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.errors import InvalidURI
from typing_extensions import override

from common.database.mongo.uri import uri_problem

CONNECT_MS = 5000
ANSWER_MS = 5000


class _Client(MongoClient[dict[str, Any]]):
    """Its repr, and those of its databases and collections, show no option: one is the password of a key file."""

    @override
    def __repr__(self) -> str:
        # guard: client-without-options
        return "MongoClient(...)"


def make_client(uri: str, *, application: str) -> MongoClient[dict[str, Any]]:
    """A client for this address; `application` is its name in MongoDB's logs. Connects at its first use.

    Raises InvalidURI, which shows no part of the address, and ConfigurationError for what the driver does not take.
    """
    if problem := uri_problem(uri):
        raise InvalidURI(f"MongoDB's URI: {problem}")
    return _Client(
        uri,
        connectTimeoutMS=CONNECT_MS,
        serverSelectionTimeoutMS=CONNECT_MS,
        socketTimeoutMS=ANSWER_MS,
        appname=application,
    )
