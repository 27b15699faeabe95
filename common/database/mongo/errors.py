"""MongoDB's errors: which pass by themselves, and what fixes the others.

Codes: MongoDB, "Error codes" (mongodb/mongo, src/mongo/base/error_codes.yml).
"""

from __future__ import annotations

from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError, WriteConcernError

TRANSIENT = frozenset({50, 64, 91, 112, 189, 246, 262, 290, 10107, 11600, 11602, 13388, 13435, 13436})
"""Time limits, shutdown, write conflicts, a primary that steps down or is not one, a majority that is not there."""
REMEDIES = {
    13: "the user may not read and write the database: grant it readWrite on MONGO_DB_NAME",
    18: "the user was refused: check user, password and authSource in MONGO_URI",
    8000: "the user was refused: check user and password in MONGO_URI",
    14031: "MongoDB's disk is full: make room",
}
"""What to do about the errors that stay."""


def is_transient(error: PyMongoError) -> bool:
    """Whether the same call may well succeed a moment later."""
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        return bool(details.get("writeConcernErrors")) and not details.get("writeErrors")
    if isinstance(error, ConnectionFailure | WriteConcernError):
        return True
    return isinstance(error, OperationFailure) and error.code in TRANSIENT


def remedy(error: PyMongoError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    code = error.code if isinstance(error, OperationFailure) else None
    return REMEDIES.get(code) if code is not None else None
