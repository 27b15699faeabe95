"""A session under faults, without a wire: what it has run by the time that its client is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.sqlserver.contract import Session, SqlError
from sandbox.sqlserver.engine import SqlEngine, open_engine
from sandbox.sqlserver.faults.board import Board
from sandbox.sqlserver.faults.faulty_engine import FaultyEngine
from sandbox.sqlserver.faults.model import CutFault, Moment
from tests.unit.sqlserver.engine.client import Client


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = open_engine(tmp_path, user="sa", password="secret", database="sandbox")
    yield engine
    engine.close()


@pytest.fixture
def db(engine: SqlEngine) -> Client:
    """Another client, with a table of three rows."""
    db = Client(engine)
    db.run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY); INSERT INTO t (id) VALUES (1), (2), (3)")
    return db


class Hangup:
    """What ends a connection."""

    def __init__(self) -> None:
        self.happened = False

    def __call__(self) -> None:
        self.happened = True


@pytest.fixture
def hang_up() -> Hangup:
    return Hangup()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def session(engine: SqlEngine, board: Board, hang_up: Hangup) -> Session:
    return FaultyEngine(engine, board).login("sa", "secret", "sandbox", "tests", hang_up)


def test_nothing_runs_behind_a_cut_in_the_rows(db: Client, session: Session, board: Board, hang_up: Hangup) -> None:
    board.arm(CutFault(rows=2))
    results = session.execute("SELECT id FROM t ORDER BY id; DELETE FROM t", {})
    rows = iter(next(results).rows)
    assert [next(rows), next(rows)] == [(1,), (2,)]
    assert not hang_up.happened
    with pytest.raises(SqlError) as raised:
        next(rows)
    assert (raised.value.number, raised.value.severity) == (596, 21)
    assert hang_up.happened
    with pytest.raises(SqlError, match="kill state"):
        next(results)
    assert db.value("SELECT COUNT(*) FROM t") == 3


def test_rows_that_nobody_reads_hold_nothing(db: Client, session: Session, board: Board) -> None:
    board.arm(CutFault(rows=2))
    results = session.execute("SELECT id FROM t", {})
    rows = next(results).rows
    rows.close()  # type: ignore[union-attr]
    results.close()  # type: ignore[attr-defined]
    session.close()
    assert db.run("DELETE FROM t") == [3]


@pytest.mark.parametrize(("moment", "left"), [(Moment.BEFORE, 3), (Moment.AFTER, 0)])
def test_what_a_cut_leaves(
    db: Client, session: Session, board: Board, hang_up: Hangup, moment: Moment, left: int
) -> None:
    board.arm(CutFault(moment=moment))
    with pytest.raises(SqlError, match="kill state"):
        list(session.execute("DELETE FROM t", {}))
    assert hang_up.happened
    assert db.value("SELECT COUNT(*) FROM t") == left
