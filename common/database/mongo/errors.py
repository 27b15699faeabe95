"""MongoDB's errors: which pass by themselves, and what fixes the others.

Codes: MongoDB, "Error codes" (mongodb/mongo, src/mongo/base/error_codes.yml). Texts: pymongo 4.20, `Topology`, whose
ServerSelectionTimeoutError holds the errors of the servers in its text alone.
"""

from __future__ import annotations

import re

from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidName,
    OperationFailure,
    ProtocolError,
    PyMongoError,
    WriteConcernError,
)

from common.causes import causes
from common.error_text import error_text

LINKS = {6, 7, 43, 89, 133, 134, 9001}
"""HostUnreachable, HostNotFound, CursorNotFound, NetworkTimeout, FailedToSatisfyReadPreference,
ReadConcernMajorityNotAvailableYet, SocketException: what a mongos or a member says of the others."""
TRANSIENT = frozenset(LINKS | {50, 64, 91, 112, 189, 246, 262, 290, 10107, 11600, 11601, 11602, 13388, 13435, 13436})
"""Time limits, shutdown, write conflicts, a primary that steps down or is not one, a majority that is not there."""
_REFUSED = "the user was refused: check user, password and authSource in MONGO_URI"
UNAUTHORIZED = 13
REMEDIES = {
    UNAUTHORIZED: "the user may not read and write the database: grant it readWrite on MONGO_DB_NAME",
    18: _REFUSED,
    73: "it takes no database of this name: check MONGO_DB_NAME",
    334: "it does not offer this way to log in: check user, password and authMechanism in MONGO_URI",
    8000: "the user was refused: check user and password in MONGO_URI",
    13297: "a database of this name with other capitals is there: check MONGO_DB_NAME",
    14031: "MongoDB's disk is full: make room",
}
"""What to do about the errors that stay."""
NO_USER = "it asks for a login: write user and password into MONGO_URI"
NOT_MONGODB = "what answers there is not MongoDB: check host and port in MONGO_URI"
_UNREACHED = tuple(
    (re.compile(pattern), fix)
    for pattern, fix in (
        (
            "certificate verify failed|CertificateError|doesn't match",
            "its certificate is not trusted, has expired, or is another host's: name its CA in MONGO_URI as"
            " tlsCAFile, and the host as its certificate does",
        ),
        (
            # The alert may come after the handshake: TLS 1.3 lets the client be ready before its certificate is read.
            r"SSL handshake failed: \S+ \[SSL: (?!UNEXPECTED_EOF)|\[SSL: \w*ALERT_",
            "it and relay cannot agree on TLS: check the tls options in MONGO_URI, and the certificates",
        ),
        (
            "No replica set members available|this node belongs to a set named",
            "it is no member of the replica set that replicaSet in MONGO_URI names: correct that, or leave it out",
        ),
        ("ProtocolError|Got response id|Got opcode|Message length", NOT_MONGODB),
    )
)
"""What servers that could be reached have said, where none could be used."""
NO_SUCH_NAMES = {"NXDOMAIN", "NoAnswer"}
"""dnspython: there is no such name, or no such entry of it."""
NO_SUCH_NAME = "DNS knows no servers under this name: check the host of mongodb+srv:// in MONGO_URI"


def is_transient(error: PyMongoError) -> bool:
    """Whether the same call may well succeed a moment later."""
    if remedy(error) is not None:
        return False
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        return bool(details.get("writeConcernErrors")) and not details.get("writeErrors")
    if isinstance(error, ConfigurationError):
        # The driver's, about what DNS said; see `remedy` for names that are not there.
        return bool(_said_by_dns(error))
    if isinstance(error, ConnectionFailure | WriteConcernError):
        return True
    return isinstance(error, OperationFailure) and error.code in TRANSIENT


def remedy(error: PyMongoError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    match error:
        case OperationFailure(code=int(code)):
            return NO_USER if _asks_for_a_login(error) else REMEDIES.get(code)
        case ConnectionFailure() | ProtocolError():
            said_of = f"{type(error).__name__}: {error}"
            # guard: servers-said
            return next((fix for pattern, fix in _UNREACHED if pattern.search(said_of)), None)
        case InvalidName():
            return f"MONGO_DB_NAME: {error}"
        case ConfigurationError() if _said_by_dns(error) & NO_SUCH_NAMES:
            return NO_SUCH_NAME
        case ConfigurationError() if not _said_by_dns(error):
            # guard: uri-that-the-driver-refuses
            return f"it cannot be used as MONGO_URI says: {error_text(error)}"
    return None


def _said_by_dns(error: PyMongoError) -> set[str]:
    """The classes of dnspython's errors within, which pymongo imports for mongodb+srv:// alone, as relay does not."""
    return {type(cause).__name__ for cause in causes(error) if type(cause).__module__.startswith("dns.")}


def _asks_for_a_login(error: OperationFailure) -> bool:
    return error.code == UNAUTHORIZED and "requires authentication" in str(error)


def said(error: PyMongoError) -> str:
    """What it says, without the client's settings and all that it knows of the servers."""
    return _SETTINGS.sub("", str(error).partition(", Timeout: ")[0])


_SETTINGS = re.compile(r" \(configured timeouts: [^)]*\)")
