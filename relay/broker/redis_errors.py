"""Redis's errors: which pass by themselves, and what fixes the others.

Replies: Redis, "Redis serialization protocol", simple errors; their first word is the kind.
"""

from __future__ import annotations

from redis import exceptions

AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
)
"""Not reachable, loading its file, or no master any more after a failover."""
CLUSTER = (exceptions.MovedError, exceptions.AskError, exceptions.ClusterCrossSlotError)
"""What only a Redis Cluster answers."""
REFUSED = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError)
TRANSIENT_KINDS = ("MISCONF", "NOREPLICAS", "BUSY", "UNBLOCKED")
"""It cannot write its file, has too few replicas, or runs somebody's long script."""

OUT_OF_MEMORY = (
    "it is out of memory and takes nothing more: raise maxmemory, or see that the workers empty the queues; relay"
    " goes on by itself"
)
A_CLUSTER = (
    "this is a Redis Cluster, which cannot move a queue and its offset at once: name a single Redis, or Sentinel, in"
    " BROKER_URL"
)
NOT_LET_IN = "the user was refused: check user, password and rights in BROKER_URL"

TOO_LARGE = (
    "it takes no message that is larger than its proto-max-bulk-len: set that to 512mb, as Redis does by itself; relay"
    " goes on from this message"
)

NO_DATABASE = "it has no database of this number: check what stands behind the last / of BROKER_URL"


def is_transient(error: exceptions.RedisError) -> bool:
    """Whether the same call may well succeed a moment later."""
    if isinstance(error, (*REFUSED, *CLUSTER)):
        return False
    return isinstance(error, AWAY) or is_out_of_memory(error) or _kind(error) in TRANSIENT_KINDS


def is_out_of_memory(error: exceptions.RedisError) -> bool:
    """Whether maxmemory is reached: nothing was pushed then."""
    return isinstance(error, exceptions.OutOfMemoryError) or _kind(error) == "OOM"


def remedy(error: exceptions.RedisError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    if isinstance(error, REFUSED):
        return NOT_LET_IN
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if str(error).startswith("DB index"):
        return NO_DATABASE
    if "invalid bulk length" in str(error):
        return TOO_LARGE
    if isinstance(error, CLUSTER):
        return A_CLUSTER
    return f"{error}" if _kind(error) in TRANSIENT_KINDS else None


def _kind(error: exceptions.RedisError) -> str:
    """The reply's first word; redis-py removes it from errors for which it has an exception class."""
    return str(error).partition(" ")[0] if isinstance(error, exceptions.ResponseError) else ""
