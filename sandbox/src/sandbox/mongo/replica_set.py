"""A replica set of one: its times, its memory of writes, and members that answer from the past.

It has no second member, and needs none: a read that may go to a secondary reaches this server with its read
preference, and is answered as a secondary would answer that lags. So is a primary that was deposed and does not know
it. Both are switched on by `configureFailPoint`, as in MongoDB's own tests.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bson import Binary, Int64, Timestamp

from sandbox.mongo.catalogue import Catalogue
from sandbox.mongo.errors import Code, CommandError, type_mismatch
from sandbox.mongo.values import Document

SECONDARY_STOPS: Final = "rsSyncApplyStop"
"""MongoDB's own name: secondaries apply no more of what is written."""
PRIMARY_IS_DEPOSED: Final = "primaryIsDeposed"
"""The stand-in's: the server was cut off and has a successor, but believes that it is the primary."""
FAIL_POINTS: Final = (SECONDARY_STOPS, PRIMARY_IS_DEPOSED)

_ANSWERED_BY_SECONDARIES: Final = frozenset({"secondary", "secondaryPreferred", "nearest"})
_REMEMBERED_SESSIONS: Final = 10_000
_UNSIGNED: Final = {"hash": Binary(bytes(20)), "keyId": Int64(0)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Everything, as it was when a fail point was switched on."""

    catalogue: Catalogue
    time: Timestamp
    application: str | None = None
    """Only clients that call themselves so meet it; None: all."""


class ReplicaSet:
    """One server that is a replica set's primary. Used by one thread at a time, but for `name` and `address`."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self._time = Timestamp(int(time.time()), 1)
        self._pasts: dict[str, Past] = {}
        self._written: OrderedDict[bytes, tuple[int, Document]] = OrderedDict()

    # Times

    def tick(self) -> Timestamp:
        """The time of one more write."""
        now = int(time.time())
        later = now > self._time.time
        self._time = Timestamp(now, 1) if later else Timestamp(self._time.time, self._time.inc + 1)
        return self._time

    def stamped(self, reply: Document, operation_time: Timestamp | None = None) -> Document:
        """The reply with the time of what it tells, and of the newest write there is."""
        cluster_time = {"clusterTime": self._time, "signature": _UNSIGNED}
        return {**reply, "operationTime": operation_time or self._time, "$clusterTime": cluster_time}

    # Members that lag

    def switch(self, fail_point: str, catalogue: Catalogue | None, application: str | None) -> None:
        """Switch one of FAIL_POINTS on, from what the catalogue holds now, or off (None)."""
        if catalogue is None:
            self._pasts.pop(fail_point, None)
        else:
            self._pasts[fail_point] = Past(catalogue=catalogue.frozen(), time=self._time, application=application)

    def answered_from(self, read: Document, application: str | None) -> Past | None:
        """What a read is answered from; None: from what there is now.

        Raises CommandError where no answer can be given: 11602 by a deposed primary that would have to know what a
        majority knows by now, 50 by a secondary that waits in vain for what the client has seen.
        """
        concern = read.get("readConcern") or {}
        after = concern.get("afterClusterTime")
        deposed = self._deposed(application)
        if deposed is not None:
            if concern.get("level") == "linearizable" or _is_beyond(after, deposed):
                raise _deposed_error()
            return deposed
        stopped = self._pasts.get(SECONDARY_STOPS)
        if stopped is None or _mode(read) not in _ANSWERED_BY_SECONDARIES:
            return None
        if concern.get("level") == "linearizable":
            raise CommandError(Code.NotWritablePrimary, "cannot satisfy linearizable read concern on non-primary node")
        if _is_beyond(after, stopped):
            raise CommandError(Code.MaxTimeMSExpired, "the secondary has not reached afterClusterTime")
        return stopped

    def refuse_write(self, application: str | None) -> None:
        """Raise CommandError 11602 for a client of a deposed primary: no majority confirms its writes."""
        if self._deposed(application) is not None:
            raise _deposed_error()

    def _deposed(self, application: str | None) -> Past | None:
        past = self._pasts.get(PRIMARY_IS_DEPOSED)
        return past if past is not None and past.application in (None, application) else None

    # Writes that are sent a second time

    def once(self, write: Document, run: Callable[[], Document]) -> Document:
        """Run a write, or give the reply of the time before, when its number was run in its session already.

        Raises CommandError 225 for a number below that. The memory ends with the process.
        """
        number = write.get("txnNumber")
        if number is None:
            return run()
        if type(number) not in (int, Int64):
            raise type_mismatch("txnNumber must be a number")
        key = _session(write)
        last, reply = self._written.get(key, (-1, {}))
        if number == last:
            return reply
        if number < last:
            raise CommandError(Code.TransactionTooOld, f"Retryable write with txnNumber {number} is prohibited")
        done = run()
        self._written[key] = (int(number), done)
        self._written.move_to_end(key)
        if len(self._written) > _REMEMBERED_SESSIONS:
            self._written.popitem(last=False)
        return done


def _session(write: Document) -> bytes:
    session = write.get("lsid")
    name = session.get("id") if type(session) is dict else None
    if not isinstance(name, bytes):
        raise CommandError(Code.InvalidOptions, "Transaction number requires a session ID to also be specified")
    return bytes(name)


def _mode(read: Document) -> Any:
    preference = read.get("$readPreference")
    return preference.get("mode") if type(preference) is dict else None


def _is_beyond(after: Timestamp | None, past: Past) -> bool:
    return after is not None and after > past.time


def _deposed_error() -> CommandError:
    return CommandError(
        Code.InterruptedDueToReplStateChange,
        "operation was interrupted: this node is not the primary any more",
        details={"errorLabels": ["RetryableWriteError"]},
    )
