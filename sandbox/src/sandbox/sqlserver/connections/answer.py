"""What a session gives back, as the tokens of a reply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.sqlserver.connections.client_view import ClientView
from sandbox.sqlserver.contract import Result, Session, SqlError
from sandbox.sqlserver.iterators import let_go
from sandbox.sqlserver.wire import tokens
from sandbox.sqlserver.wire.packets import MessageWriter
from sandbox.sqlserver.wire.rows import UnsendableError, row_encoder
from sandbox.sqlserver.wire.streams import ClientGoneError
from sandbox.sqlserver.wire.tokens import Done, DoneStatus

_INTERNAL = 40001
"""Outside SQL Server's own range, as the engine's 40000."""

_log = logging.getLogger(__name__)


class CancelledByClientError(Exception):
    """The client does not want the rest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    """A DONE token that waits until it is known whether another follows."""

    status: DoneStatus
    count: int = 0
    rows: bool = False


class Answer:
    """One reply in the making. What it writes raises ClientGoneError, and CancelledByClientError once that is so."""

    def __init__(
        self, *, session: Session, view: ClientView, response: MessageWriter, is_cancelled: Callable[[], bool]
    ) -> None:
        self._session = session
        self._view = view
        self._response = response
        self._is_cancelled = is_cancelled
        self._told: SqlError | None = None
        """The last error that went to the client."""
        self._any_failed = False

    def batch(self, results: Iterator[Result]) -> None:
        """The results of a batch, up to its error if it has one."""
        self._results(results, Done.BATCH)

    def in_procedure(self, results: Iterator[Result]) -> bool:
        """The results of a procedure's statements. Gives back whether all went well."""
        return self._results(results, Done.IN_PROCEDURE)

    def end_procedure(self, *, failed: bool, last: bool) -> None:
        """The end of a procedure, and of the reply when it is the last."""
        status = DoneStatus.ERROR if failed else DoneStatus.FINAL
        self._response.write(tokens.done(Done.PROCEDURE, status if last else status | DoneStatus.MORE))

    def done(self) -> None:
        """The end of a request that has nothing to say."""
        self.tell_news()
        self._response.write(tokens.done(Done.BATCH, self._transaction_status()))

    def cut_short(self) -> None:
        """The end of a request whose remaining procedures are not run."""
        self._response.write(tokens.done(Done.BATCH, DoneStatus.ERROR))

    def refusal(self, failure: SqlError) -> None:
        """The end of a request that failed."""
        self.error(failure)
        self._response.write(tokens.done(Done.BATCH, DoneStatus.ERROR | self._transaction_status()))

    def error(self, failure: SqlError) -> None:
        """An error, and before it what it did to the transaction."""
        self._told = failure
        self._any_failed = True
        self.tell_news()
        self._response.write(tokens.error(failure))

    def write(self, data: bytes) -> None:
        """Other tokens."""
        self._response.write(data)

    def tell_news(self) -> None:
        """Tell the client of a transaction that began or ended, and of another database."""
        news = self._view.news()
        if news:
            self._response.write(news)

    def _results(self, results: Iterator[Result], kind: Done) -> bool:
        end: _End | None = None
        self._any_failed = False
        try:
            for result in results:
                self._release(end, kind, more=True)
                end = None
                end = self._result(result)
        except Exception as error:
            failure = self._failure(error)
            if failure is not self._told:
                self._release(end, kind, more=True)
                end = self._error_end(failure)
        finally:
            let_go(results)
        self.tell_news()
        if end is None and kind is Done.BATCH:
            end = _End(status=self._transaction_status())
        self._release(end, kind, more=kind is not Done.BATCH)
        return not self._any_failed

    def _error_end(self, failure: SqlError) -> _End:
        self.error(failure)
        return _End(status=DoneStatus.ERROR | self._transaction_status())

    def _failure(self, error: Exception) -> SqlError:
        """What to tell the client about this error; raised on when it is not for telling."""
        if isinstance(error, (ClientGoneError, CancelledByClientError)):
            raise error
        if self._is_cancelled():
            raise CancelledByClientError from error
        if isinstance(error, SqlError):
            return error
        if isinstance(error, UnsendableError):
            return SqlError(_INTERNAL, f"sandbox cannot send this result: {error}")
        _log.error("a statement broke the stand-in", exc_info=error)
        return SqlError(_INTERNAL, f"sandbox failed: {type(error).__name__}: {error}; its log has the traceback")

    def _result(self, result: Result) -> _End:
        self._check_cancelled()
        self.tell_news()
        for message in result.infos:
            self._response.write(tokens.info(message))
        if result.error is not None:
            return self._error_end(result.error)
        if result.columns is not None:
            try:
                count = self._rows(result)
            except SqlError as error:
                return self._error_end(self._failure(error))
            return _End(status=DoneStatus.COUNT | self._transaction_status(), count=count, rows=True)
        if result.rowcount is not None:
            return _End(status=DoneStatus.COUNT | self._transaction_status(), count=result.rowcount)
        return _End(status=self._transaction_status())

    def _rows(self, result: Result) -> int:
        columns = result.columns or ()
        write = self._response.write
        count = 0
        try:
            write(tokens.column_metadata(columns))
            encode = row_encoder(columns)
            for row in result.rows:
                self._check_cancelled()
                write(encode(row))
                count += 1
        finally:
            let_go(result.rows)
        return count

    def _release(self, end: _End | None, kind: Done, *, more: bool) -> None:
        if end is not None:
            status = end.status | DoneStatus.MORE if more else end.status
            self._response.write(tokens.done(kind, status, rowcount=end.count, is_select=end.rows))

    def _transaction_status(self) -> DoneStatus:
        return DoneStatus.IN_TRANSACTION if self._session.descriptor else DoneStatus.FINAL

    def _check_cancelled(self) -> None:
        if self._is_cancelled():
            raise CancelledByClientError
