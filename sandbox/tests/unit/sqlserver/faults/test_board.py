"""Which of the armed faults a request meets."""

from __future__ import annotations

import pytest

from sandbox.sqlserver.faults.board import Board, Client, Fate, Request
from sandbox.sqlserver.faults.errors import ERRORS, Scene
from sandbox.sqlserver.faults.model import CutFault, DelayFault, ErrorFault, LoginFault, StatementFault

CLIENT = Client(application="sandbox", login="sa")
SELECT = Request(client=CLIENT, text="SELECT 1 FROM dbo.t")
COMMIT = Request(client=CLIENT, text="COMMIT TRANSACTION", is_statement=False)
DEADLOCK = ErrorFault(number=1205)


@pytest.fixture
def board() -> Board:
    return Board()


def struck(board: Board, times: int) -> list[bool]:
    """Which of so many SELECTs end."""
    return [board.fate_of(SELECT).end is not None for _ in range(times)]


def test_without_faults_nothing_happens(board: Board) -> None:
    assert board.fate_of(SELECT) == Fate()
    assert not board.refuses(CLIENT)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (DEADLOCK, [True, False, False, False]),
        (ErrorFault(number=1205, times=2), [True, True, False, False]),
        (ErrorFault(number=1205, skip=1), [False, True, False, False]),
        (ErrorFault(number=1205, skip=1, times=2), [False, True, True, False]),
        (ErrorFault(number=1205, times=None), [True, True, True, True]),
    ],
)
def test_how_often(board: Board, fault: StatementFault, expected: list[bool]) -> None:
    board.arm(fault)
    assert struck(board, 4) == expected


@pytest.mark.parametrize(
    ("fault", "request_", "met"),
    [
        (ErrorFault(number=1205, text="from DBO.T"), SELECT, True),
        (ErrorFault(number=1205, text="INSERT"), SELECT, False),
        (ErrorFault(number=1205, application="SANDBOX"), SELECT, True),
        (ErrorFault(number=1205, application="rel"), SELECT, False),
        (ErrorFault(number=1205, login="SA"), SELECT, True),
        (ErrorFault(number=1205, application="sandbox", login="other"), SELECT, False),
        (DEADLOCK, COMMIT, False),
        (ErrorFault(number=1205, text="commit"), COMMIT, True),
        (LoginFault(), SELECT, False),
    ],
)
def test_whom(board: Board, fault: StatementFault, request_: Request, met: bool) -> None:
    board.arm(fault)
    assert (board.fate_of(request_).end is not None) == met
    assert bool(board.armed()) != met


def test_what_a_fault_does_not_meet_is_not_counted(board: Board) -> None:
    board.arm(ErrorFault(number=1205, text="FROM dbo.t", skip=1))
    board.fate_of(COMMIT)
    assert struck(board, 2) == [False, True]


def test_delays_add_up_and_go_before_an_end(board: Board) -> None:
    board.arm(DelayFault(milliseconds=100))
    board.arm(DEADLOCK)
    board.arm(DelayFault(milliseconds=50))
    assert board.fate_of(SELECT) == Fate(delay_seconds=0.15, end=DEADLOCK)
    assert board.armed() == {}


def test_of_two_ends_the_first_that_was_armed_comes_first(board: Board) -> None:
    cut = CutFault()
    board.arm(cut)
    board.arm(DEADLOCK)
    assert [board.fate_of(SELECT).end for _ in range(3)] == [cut, DEADLOCK, None]


def test_logins(board: Board) -> None:
    board.arm(LoginFault(application="sandbox", skip=1))
    board.arm(DEADLOCK)
    assert not board.refuses(Client(application="other", login="sa"))
    assert [board.refuses(CLIENT) for _ in range(3)] == [False, True, False]
    assert list(board.armed().values()) == [DEADLOCK]


def test_clearing(board: Board) -> None:
    first, second = board.arm(DEADLOCK), board.arm(LoginFault())
    assert board.clear(first) == 1
    assert list(board.armed()) == [second]
    board.arm(DEADLOCK)
    assert board.clear() == 2
    assert board.fate_of(SELECT) == Fate()


@pytest.mark.parametrize("number", ERRORS)
def test_every_error_bears_its_number(number: int) -> None:
    assert ERRORS[number](Scene(spid=51, database="sandbox", statement="")).number == number


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE dbo.t SET a = 1 FROM x", "dbo.t"),
        ("insert into [dbo].[t] (a) values (1)", "[dbo].[t]"),
        ("DELETE FROM t;", "t"),
        ("SELECT c.id FROM CHANGETABLE(CHANGES dbo.t, 1) AS c", "dbo.t"),
        ("SELECT 1", ""),
    ],
)
def test_the_table_that_an_update_conflict_names(statement: str, table: str) -> None:
    assert Scene(spid=51, database="sandbox", statement=statement).table == table
