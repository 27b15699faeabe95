"""A session whose requests may meet a fault."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sandbox.sqlserver.contract import Parameter, Result, Session, SqlError
from sandbox.sqlserver.engine.errors import killed
from sandbox.sqlserver.faults.board import Board, Client, Fate, Request
from sandbox.sqlserver.faults.errors import ERRORS, Scene
from sandbox.sqlserver.faults.model import CutFault, ErrorFault, Moment
from sandbox.sqlserver.iterators import let_go

Run = Callable[[], Iterator[Result]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A client, and what ends its connection."""

    client: Client
    hang_up: Callable[[], None]

    def cut(self) -> SqlError:
        """End it; gives the error that ends what runs here (596), which the client does not hear any more."""
        self.hang_up()
        return killed()


class FaultySession:
    """Passes everything on to another session, after asking the board what shall happen."""

    def __init__(self, session: Session, board: Board, link: Link) -> None:
        self._session = session
        self._board = board
        self._link = link
        self._cancelled = threading.Event()

    @property
    def spid(self) -> int:
        """@@SPID."""
        return self._session.spid

    @property
    def descriptor(self) -> int:
        """The open transaction's number; 0 when there is none."""
        return self._session.descriptor

    @property
    def database(self) -> str:
        """The current database's name."""
        return self._session.database

    @property
    def rolled_back(self) -> bool:
        """Whether the transaction that ended last was rolled back rather than committed."""
        return self._session.rolled_back

    def execute(self, sql: str, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        """Run a batch, unless a fault says otherwise."""
        request = Request(client=self._link.client, text=sql)
        yield from self._meet(request, lambda: self._session.execute(sql, parameters))

    def call(self, procedure: str, parameters: Sequence[tuple[str, Parameter]]) -> Iterator[Result]:
        """Run a system procedure, unless a fault names it."""
        request = Request(client=self._link.client, text=procedure, is_statement=False)
        yield from self._meet(request, lambda: self._session.call(procedure, parameters))

    def begin(self, isolation: int) -> None:
        """Begin a transaction, unless a fault names it."""
        self._transaction("BEGIN TRANSACTION", lambda: self._session.begin(isolation))

    def commit(self) -> None:
        """Commit, unless a fault names it."""
        self._transaction("COMMIT TRANSACTION", self._session.commit)

    def rollback(self) -> None:
        """Roll back, unless a fault names it."""
        self._transaction("ROLLBACK TRANSACTION", self._session.rollback)

    def failed(self, error: SqlError) -> None:
        """A request has failed."""
        self._session.failed(error)

    def reset(self) -> None:
        """Back to the state after login."""
        self._session.reset()

    def cancel(self) -> None:
        """Make what runs end soon, a delay too."""
        self._cancelled.set()
        self._session.cancel()

    def forget_cancel(self) -> None:
        """The request is over."""
        self._cancelled.clear()
        self._session.forget_cancel()

    def close(self) -> None:
        """Roll back and let go of everything."""
        self._session.close()

    def _transaction(self, name: str, run: Callable[[], None]) -> None:
        def results() -> Iterator[Result]:
            run()
            yield from ()

        request = Request(client=self._link.client, text=name, is_statement=False)
        for _ in self._meet(request, results):
            pass

    def _meet(self, request: Request, run: Run) -> Iterator[Result]:
        fate = self._board.fate_of(request)
        if fate.delay_seconds:
            # A cancel ends the wait; the session then refuses to run what comes.
            self._cancelled.wait(fate.delay_seconds)
        self._before(fate, request)
        if isinstance(fate.end, CutFault):
            with suppress(SqlError):  # An error's reply is lost like any other.
                yield from _Cutter(self._link, fate.end.rows).results(run())
            raise self._link.cut()
        yield from run()

    def _before(self, fate: Fate, request: Request) -> None:
        if isinstance(fate.end, ErrorFault):
            scene = Scene(spid=self.spid, database=self.database, statement=request.text)
            error = ERRORS[fate.end.number](scene)
            self._session.failed(error)
            raise error
        if isinstance(fate.end, CutFault) and fate.end.moment is Moment.BEFORE:
            raise self._link.cut()


class _Cutter:
    """Cuts a reply behind so many of its rows; None: lets all of them through."""

    def __init__(self, link: Link, rows: int | None) -> None:
        self._link = link
        self._left = rows
        self._is_cut = False

    def results(self, results: Iterator[Result]) -> Iterator[Result]:
        """The results up to the cut. Raises SqlError 596 there: who reads the rows would ask for the next statement."""
        try:
            for result in results:
                yield replace(result, rows=_Rows(result.rows, self._count)) if result.columns is not None else result
                if self._is_cut:
                    raise killed()
        finally:
            let_go(results)

    def _count(self) -> None:
        """Before each row. Raises SqlError 596 at the cut."""
        if self._left == 0:
            self._is_cut = True
            raise self._link.cut()
        if self._left is not None:
            self._left -= 1


class _Rows:
    """Rows with something that is done before each. Closing it closes them, also when none was read."""

    def __init__(
        self, rows: Iterator[Sequence[object]] | Sequence[Sequence[object]], before: Callable[[], None]
    ) -> None:
        self._rows = rows
        self._left = iter(rows)
        self._before = before

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> Sequence[object]:
        row = next(self._left)
        self._before()
        return row

    def close(self) -> None:
        """Let go of what was not read."""
        let_go(self._rows)
