"""Redis's errors: which pass by themselves, and what fixes the others.

Replies: Redis, "Redis serialization protocol", simple errors; their first word is the kind.
"""

from __future__ import annotations

import re

from redis import exceptions
from redis.sentinel import MasterNotFoundError

from common.error_text import one_line

AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
)
"""Not reachable, loading its file, or no master any more after a failover."""
CLUSTER = (exceptions.AskError, exceptions.ClusterCrossSlotError)
"""What only a Redis Cluster answers; MOVED is an ASK, for redis-py."""
TELLING_KINDS = ("MISCONF", "NOREPLICAS", "BUSY")
"""It cannot write its file, has too few replicas, or runs somebody's long script: its text says what to do."""
TRANSIENT_KINDS = (*TELLING_KINDS, "UNBLOCKED")
"""UNBLOCKED: it becomes a replica."""

OUT_OF_MEMORY = (
    "it is out of memory and takes nothing more: raise maxmemory, or see that the workers empty the queues; relay"
    " goes on by itself"
)
A_CLUSTER = (
    "this is a Redis Cluster, which cannot move a queue and its offset at once: name a single Redis, or Sentinel, in"
    " BROKER_URL"
)
NOT_LET_IN = "the user was refused: check user and password in BROKER_URL"
NO_LOGIN = (
    "it asks for a password: write it into BROKER_URL, as redis://:password@host:6379/0; REDIS_HOST and REDIS_PORT"
    " alone carry none"
)
NO_RIGHT = "the user of BROKER_URL lacks a right, which ACL SETUSER grants"
NOT_REDIS = "what answers there is not Redis: check host and port in BROKER_URL, or REDIS_HOST and REDIS_PORT"
PROTECTED = (
    "it lets in its own machine alone (protected mode): give it a password, and write it into BROKER_URL; or have it"
    " listen on a network that is trusted"
)
NO_SENTINEL = "what answers there is no sentinel: write redis:// before a Redis in BROKER_URL, or name the sentinels"
UNKNOWN_COMMAND = (
    "it does not know a command that relay needs, as a sentinel, or a Redis before 6: check host and port in"
    " BROKER_URL, or REDIS_HOST and REDIS_PORT"
)
SENTINELS_REFUSE = "the sentinels refuse the password: check sentinel_kwargs in RELAY_BROKER_OPTIONS"
NO_FILE = "a file of its TLS options cannot be read: check ssl_ca_certs, ssl_certfile and ssl_keyfile"
TOO_LARGE = (
    "it takes no message that is larger than its proto-max-bulk-len: set that to 512mb, as Redis does by itself; relay"
    " goes on from this message"
)
NO_DATABASE = "it has no database of this number: check what stands behind the last / of BROKER_URL"


_REPLIES = (
    ("DB index", NO_DATABASE),
    ("DENIED", PROTECTED),
    ("unknown command 'SENTINEL'", NO_SENTINEL),
    ("unknown command", UNKNOWN_COMMAND),
)
_SENTINELS_REFUSE = re.compile("No master found for .*(AuthenticationError|AuthorizationError|NoPermissionError)")
_OF_A_PIPELINE = re.compile(r"^Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)
"""redis-py 8, `Pipeline.annotate_exception`."""
_MISSING_FILE = re.compile(r"Error 2 connecting to [^/]+:\d+\. ")
"""ENOENT where it connects to a host. On the way to a path it is the socket that is missing, which comes back."""


def is_transient(error: exceptions.RedisError) -> bool:
    """Whether the same call may well succeed a moment later."""
    if is_out_of_memory(error) or _kind(error) in TRANSIENT_KINDS:
        return True
    # guard: redis-refusals
    return remedy(error) is None and isinstance(error, AWAY)


def is_out_of_memory(error: exceptions.RedisError) -> bool:
    """Whether maxmemory is reached: nothing was pushed then."""
    return isinstance(error, exceptions.OutOfMemoryError) or _kind(error) == "OOM"


def remedy(error: exceptions.RedisError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    match error:
        case exceptions.NoPermissionError():
            return f"{NO_RIGHT} ({_text(error)})"
        case exceptions.AuthenticationError() | exceptions.AuthorizationError():
            return NO_LOGIN if "required" in str(error) else NOT_LET_IN
        case exceptions.InvalidResponse():
            return NOT_REDIS
        case exceptions.ConnectionError():
            return _remedy_of_connection(str(error))
        case exceptions.ResponseError():
            return _remedy_of_reply(error)
    return None


def _remedy_of_connection(said: str) -> str | None:
    if _SENTINELS_REFUSE.match(said):
        return SENTINELS_REFUSE
    return NO_FILE if _MISSING_FILE.match(said) else None


def _remedy_of_reply(error: exceptions.ResponseError) -> str | None:
    said = _said(error)
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if "invalid bulk length" in said:
        return TOO_LARGE
    if isinstance(error, CLUSTER):
        return A_CLUSTER
    if _kind(error) in TELLING_KINDS:
        return said
    return next((fix for beginning, fix in _REPLIES if said.startswith(beginning)), None)


def describe(error: MasterNotFoundError) -> str:
    """What it says, without the clients' reprs that redis-py adds, one for each sentinel that could not be asked."""
    asked = str(error).partition(" : ")
    return f"{asked[0]}: {'no sentinel answers' if asked[1] else 'no sentinel knows one that is up'}"


def _text(error: exceptions.RedisError) -> str:
    return one_line(_said(error), 200)


def _said(error: exceptions.RedisError) -> str:
    """What Redis answered; of a pipeline, without the command and its arguments that redis-py puts before it."""
    # guard: said-in-a-pipeline
    return _OF_A_PIPELINE.sub("", str(error))


def _kind(error: exceptions.RedisError) -> str:
    """The reply's first word; redis-py removes it from errors for which it has an exception class."""
    return _said(error).partition(" ")[0] if isinstance(error, exceptions.ResponseError) else ""
