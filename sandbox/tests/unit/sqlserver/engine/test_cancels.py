"""A cancel at every moment of a statement: it ends, and nobody is locked out by what is left of it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.execution.engine_session import EngineSession
from tests.unit.sqlserver.engine.client import Client

CANCELLED = 3617
STATEMENTS = {
    "reads": "SELECT id FROM t WHERE CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.t')) = 0",
    "asks for rights at each row": "SELECT id FROM t WHERE HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'SELECT') = id / id",
    "writes": "UPDATE t SET a = a + 1 WHERE HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'UPDATE') = id / id",
    "defines": "DROP TABLE k; CREATE TABLE k (id INT NOT NULL)",
}


class CancelAt:
    """Cancels a session when SQLite has come to its n-th step, in whichever statement that is."""

    def __init__(self, session: EngineSession, moment: int) -> None:
        self._session = session
        self._left = moment

    def __call__(self) -> int:
        self._left -= 1
        if self._left == 0:
            # As it comes: from another thread.
            thread = threading.Thread(target=self._session.cancel)
            thread.start()
            thread.join()
        return 0

    @property
    def has_come(self) -> bool:
        return self._left <= 0


@contextmanager
def cancelled_at(moment: int, client: Client) -> Iterator[CancelAt]:
    """Inside the block the client's session is cancelled at this step."""
    cancel = CancelAt(client.session, moment)
    client.session.connection.raw.set_progress_handler(cancel, 1)
    try:
        yield cancel
    finally:
        client.session.connection.raw.set_progress_handler(None, 1)
        client.session.forget_cancel()


def outcome(client: Client, sql: str) -> object:
    """The number of the error, or what the batch gives."""
    try:
        return client.run(sql)
    except SqlError as error:
        return error.number


@pytest.fixture
def hasty(other: Client) -> Client:
    """Another session, which does not wait for locks."""
    other.run("SET LOCK_TIMEOUT 0")
    return other


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_cancel_at_any_moment_ends_the_statement(kind: str, tracked: Client, hasty: Client) -> None:
    """Also one that comes while SQLite asks what the user may do: that question is interrupted with the statement."""
    tracked.run("CREATE TABLE k (id INT NOT NULL)")
    whole = outcome(tracked, STATEMENTS[kind])
    seen = set()
    for moment in itertools.count(1):
        with cancelled_at(moment, tracked) as cancel:
            found = outcome(tracked, STATEMENTS[kind])
        assert found in (CANCELLED, whole), f"cancelled at step {moment}"
        seen.add(found == CANCELLED)
        assert hasty.run("UPDATE t SET b = 'x' WHERE id = 1") == [1], f"cancelled at step {moment}"
        tracked.run("IF OBJECT_ID('dbo.k') IS NULL CREATE TABLE k (id INT NOT NULL)")
        if not cancel.has_come:
            break
    assert seen == {True, False}


@pytest.mark.timeout(60)
def test_a_cancel_at_any_moment_of_a_transaction(tracked: Client, hasty: Client) -> None:
    """What is left of it is whole: all of it so far, or nothing where SQLite has rolled it back."""
    seen = set()
    for moment in itertools.count(1):
        tracked.run("UPDATE t SET a = 0; BEGIN TRAN; UPDATE t SET a = 1 WHERE id = 1")
        with cancelled_at(moment, tracked) as cancel:
            found = outcome(tracked, "UPDATE t SET a = 1 WHERE id = 2; COMMIT")
        open_ones = tracked.value("SELECT @@TRANCOUNT")
        if open_ones:
            tracked.run("COMMIT")
        changed = tracked.value("SELECT SUM(a) FROM t")
        assert changed in ((1, 2) if open_ones else (0, 2)), f"cancelled at step {moment}"
        assert hasty.run("UPDATE t SET b = 'x' WHERE id = 1") == [1], f"cancelled at step {moment}"
        seen.add((found == CANCELLED, open_ones))
        if not cancel.has_come:
            break
    assert seen >= {(True, 1), (True, 0), (False, 0)}


@pytest.mark.timeout(60)
def test_a_commit_is_not_cancelled(tracked: Client) -> None:
    for moment in itertools.count(1):
        tracked.session.begin(0)
        tracked.run("UPDATE t SET a = a + 1 WHERE id = 1")
        with cancelled_at(moment, tracked) as cancel:
            tracked.session.commit()
        assert tracked.value("SELECT a FROM t WHERE id = 1") == 1 + moment, f"cancelled at step {moment}"
        if not cancel.has_come:
            break
    assert moment > 1


@pytest.mark.timeout(60)
def test_setting_a_transaction_aside_is_not_cancelled(tracked: Client, other: Client) -> None:
    """It is done for another session, which did not ask to stop."""
    for moment in itertools.count(1):
        tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
        with cancelled_at(moment, tracked) as cancel:
            assert other.run("UPDATE t SET a = 8 WHERE id = 2") == [1], f"cancelled at step {moment}"
        tracked.run("COMMIT")
        assert tracked.rows("SELECT a FROM t ORDER BY id") == [(7,), (8,), (3,)]
        tracked.run("UPDATE t SET a = id")
        if not cancel.has_come:
            break
    assert moment > 1


def test_what_must_not_be_left_out_is_not_cancelled(tracked: Client) -> None:
    """As ROLLBACK is run, which is too short to be hit for sure."""
    with cancelled_at(3, tracked) as cancel:
        assert tracked.session.connection.look("SELECT COUNT(*) FROM _meta AS a, _meta AS b") != []
    assert cancel.has_come
