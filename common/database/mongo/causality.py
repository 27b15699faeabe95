"""Reads that see what was written before them, whichever node answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from bson import Timestamp
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from common.error_text import details_without_documents, error_text

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Causality:
    """What this process has seen of MongoDB's times, carried from call to call and from thread to thread.

    A primary that was deposed and does not know it answers plain reads from its past, even with read concern
    "majority". In a causally consistent session with majority reads and majority writes it cannot: a read waits for
    what the session has seen, and fails where that does not come (MongoDB, "Causal Consistency and Read and Write
    Concerns"). A lease is taken by a majority write, so that what is read under it holds everything that its former
    holders wrote; what a later one writes shows in the next conditional write. A standalone has no such times.
    """

    def __init__(self, client: MongoClient[dict[str, Any]]) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._operation_time: Timestamp | None = None
        self._cluster_time: Mapping[str, Any] | None = None

    @contextmanager
    def session(self) -> Iterator[None]:
        """Every operation of this thread inside the block sees what all operations before the block have seen."""
        # guard: causal-order
        with self._client.start_session(causal_consistency=True) as session, session.bind():
            self._tell(session)
            try:
                yield
            except OperationFailure as error:
                # guard: documents-left-out
                _leave_documents_out(error)
                raise
            finally:
                self._learn(session)

    def _tell(self, session: ClientSession) -> None:
        with self._lock:
            operation_time, cluster_time = self._operation_time, self._cluster_time
        if operation_time is not None:
            session.advance_operation_time(operation_time)
        if cluster_time is not None:
            session.advance_cluster_time(cluster_time)

    def _learn(self, session: ClientSession) -> None:
        operation_time, cluster_time = session.operation_time, session.cluster_time
        with self._lock:
            if operation_time is not None and (self._operation_time is None or operation_time > self._operation_time):
                self._operation_time, self._cluster_time = operation_time, cluster_time


def _leave_documents_out(error: OperationFailure) -> None:
    """Change the error in place: whoever prints or logs it shows codes and counts, and no document."""
    if isinstance(error.details, dict):
        kept = details_without_documents(error.details)
        error.details.clear()
        error.details.update(kept)
    error.args = (error_text(error).partition(": ")[2],)


class _HasCausality(Protocol):
    @property
    def _causality(self) -> Causality: ...


Owner = TypeVar("Owner", bound=_HasCausality)


def causal(
    method: Callable[Concatenate[Owner, Arguments], Result],
) -> Callable[Concatenate[Owner, Arguments], Result]:
    """A method whose operations see what all calls before it have seen."""

    @wraps(method)
    def run(self: Owner, /, *args: Arguments.args, **named: Arguments.kwargs) -> Result:
        with self._causality.session():
            return method(self, *args, **named)

    return run
