"""Running commands: one after the other on a thread of their own, but for those that must never wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from sandbox.mongo.commands import dispatch, is_immediate
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.state import Connection, State
from sandbox.mongo.ttl import remove_expired
from sandbox.mongo.values import Document
from sandbox.mongo.wire import Request, encode_reply

_log = logging.getLogger(__name__)


class Executor:
    """One writer, which makes every command atomic: a compare-and-set has exactly one winner.

    A driver's monitor gives up a server whose hello does not come back in time, so hello never waits here.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mongo-engine")

    def submit(self, connection: Connection, request: Request, answer: Callable[[bytes], None]) -> None:
        """Run a request; `answer` gets the reply message, on this thread or on the engine's."""
        if is_immediate(request.name):
            answer(self._reply(connection, request))
        else:
            self._thread.submit(lambda: answer(self._reply(connection, request)))

    def sweep(self) -> Future[None]:
        """Remove what has expired: documents and cursors."""
        return self._thread.submit(self._sweep)

    def close(self) -> None:
        """Wait for what is under way, then close the log. Nothing can be submitted any more."""
        self._thread.shutdown(wait=True)
        self._state.catalogue.close()

    def _sweep(self) -> None:
        self._state.cursors.close_idle()
        if remove_expired(self._state.catalogue):
            self._state.catalogue.flush()

    def _reply(self, connection: Connection, request: Request) -> bytes:
        """Never raises: whatever goes wrong is told to the client."""
        try:
            return encode_reply(request.number, self._run(connection, request))
        except Exception as error:
            _log.exception("The command %s failed", request.name)
            failure = CommandError(Code.UnknownError, f"{type(error).__name__}: {error}")
            return encode_reply(request.number, failure.as_reply())

    def _run(self, connection: Connection, request: Request) -> Document:
        try:
            reply = dispatch(self._state, connection, request.name, request.command)
        except CommandError as error:
            reply = error.as_reply()
        if not is_immediate(request.name):
            # Also after an error: what the command did before is done.
            self._state.catalogue.flush()
        return {**reply, "ok": reply.get("ok", 1.0)}
