"""Errors as a client sees them: MongoDB's code, its name and a text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """The codes of MongoDB that this stand-in uses (from the server's `error_codes.yml`); the name is the codeName."""

    UnknownError = 8
    BadValue = 2
    FailedToParse = 9
    Unauthorized = 13
    TypeMismatch = 14
    InvalidLength = 16
    AuthenticationFailed = 18
    IllegalOperation = 20
    NamespaceNotFound = 26
    IndexNotFound = 27
    PathNotViable = 28
    ConflictingUpdateOperators = 40
    CursorNotFound = 43
    NamespaceExists = 48
    MaxTimeMSExpired = 50
    DollarPrefixedFieldName = 52
    NotSingleValueField = 54
    EmptyFieldName = 56
    CommandNotFound = 59
    ImmutableField = 66
    CannotCreateIndex = 67
    InvalidOptions = 72
    InvalidNamespace = 73
    UnknownReplWriteConcern = 79
    IndexOptionsConflict = 85
    IndexKeySpecsConflict = 86
    CommandNotSupported = 115
    CannotIndexParallelArrays = 171
    QueryPlanKilled = 175
    InvalidIndexSpecificationOption = 197
    TransactionTooOld = 225
    MechanismUnavailable = 334
    NotWritablePrimary = 10107
    BSONObjectTooLarge = 10334
    DuplicateKey = 11000
    InterruptedDueToReplStateChange = 11602
    OutOfDiskSpace = 14031
    Location15952 = 15952
    Location15955 = 15955
    Location15957 = 15957
    Location15958 = 15958
    Location15975 = 15975
    Location15983 = 15983
    Location16020 = 16020
    Location17083 = 17083
    Location31254 = 31254
    Location40156 = 40156
    Location40176 = 40176
    Location40228 = 40228
    Location40234 = 40234
    Location40323 = 40323
    Location40324 = 40324
    Location40400 = 40400
    Location40414 = 40414
    Location40415 = 40415


class CommandError(Exception):
    """A refused command, or one refused write of several. `details` become further fields of the reply."""

    def __init__(self, code: Code, message: str, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})

    def as_reply(self) -> dict[str, Any]:
        """The reply document of a command that failed as a whole."""
        return {
            "ok": 0.0,
            "errmsg": self.message,
            "code": int(self.code),
            "codeName": self.code.name,
            **self.details,
        }

    def as_write_error(self, index: int) -> dict[str, Any]:
        """The entry of `writeErrors` for the write at this position of the batch."""
        return {"index": index, "code": int(self.code), **self.details, "errmsg": self.message}


def bad_value(message: str) -> CommandError:
    """Code 2: a value that MongoDB would not take either."""
    return CommandError(Code.BadValue, message)


def failed_to_parse(message: str) -> CommandError:
    """Code 9: a malformed command."""
    return CommandError(Code.FailedToParse, message)


def type_mismatch(message: str) -> CommandError:
    """Code 14: a value of the wrong type."""
    return CommandError(Code.TypeMismatch, message)


def unsupported(what: str) -> CommandError:
    """Code 115: something that MongoDB can do and this stand-in cannot."""
    return CommandError(Code.CommandNotSupported, f"{what} is not supported by the sandbox's MongoDB stand-in")
