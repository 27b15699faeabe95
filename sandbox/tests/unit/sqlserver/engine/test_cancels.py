"""A cancel at every moment of a statement: it ends, and the session goes on."""

from __future__ import annotations

import itertools
import threading

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.execution.engine_session import EngineSession
from tests.unit.sqlserver.engine.client import Client

CANCELLED = 3617
STATEMENTS = {
    "reads": "SELECT id FROM t WHERE CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.t')) = 0",
    "asks for rights at each row": "SELECT id FROM t WHERE HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'SELECT') = id / id",
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


def outcome(client: Client, sql: str) -> object:
    """The number of the error, or what the batch gives."""
    try:
        return client.run(sql)
    except SqlError as error:
        return error.number


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_cancel_at_any_moment_ends_the_statement(kind: str, tracked: Client) -> None:
    """Also one that comes while SQLite asks what the user may do: that question is interrupted with the statement."""
    sql = STATEMENTS[kind]
    whole = outcome(tracked, sql)
    seen = set()
    for moment in itertools.count(1):
        cancel = CancelAt(tracked.session, moment)
        tracked.session.connection.raw.set_progress_handler(cancel, 1)
        found = outcome(tracked, sql)
        tracked.session.connection.raw.set_progress_handler(None, 1)
        assert found in (CANCELLED, whole), f"cancelled at step {moment}"
        seen.add(found == CANCELLED)
        if not cancel.has_come:
            break
    assert seen == {True, False}
    assert tracked.run("SELECT id FROM t") == [[(1,), (2,), (3,)]]


@pytest.mark.timeout(60)
def test_setting_a_transaction_aside_is_not_cancelled(tracked: Client, other: Client) -> None:
    """It is done for another session, which did not ask to stop."""
    for moment in itertools.count(1):
        tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
        cancel = CancelAt(tracked.session, moment)
        tracked.session.connection.raw.set_progress_handler(cancel, 1)
        assert other.run("UPDATE t SET a = 8 WHERE id = 2") == [1], f"cancelled at step {moment}"
        tracked.session.connection.raw.set_progress_handler(None, 1)
        tracked.session.forget_cancel()
        tracked.run("COMMIT")
        assert tracked.rows("SELECT a FROM t ORDER BY id") == [(7,), (8,), (3,)]
        tracked.run("UPDATE t SET a = id")
        if not cancel.has_come:
            break
    assert moment > 1


def test_what_must_not_be_left_out_is_not_cancelled(tracked: Client) -> None:
    """As ROLLBACK is run, which is too short to be hit for sure."""
    connection = tracked.session.connection
    cancel = CancelAt(tracked.session, 3)
    connection.raw.set_progress_handler(cancel, 1)
    assert connection.look("SELECT COUNT(*) FROM _meta AS a, _meta AS b") != []
    connection.raw.set_progress_handler(None, 1)
    assert cancel.has_come
