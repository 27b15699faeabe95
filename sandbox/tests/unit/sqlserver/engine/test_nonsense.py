"""Whatever is asked, the answer is a result or an error that the engine has made: never one of Python's."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sqlserver.contract import SqlError
from sandbox.testing.garbage import thorough
from tests.unit.sqlserver.engine import nonsense
from tests.unit.sqlserver.engine.client import Client


def answered(db: Client, sql: str) -> None:
    """Run a batch in a transaction that is rolled back. Raises what is neither a result nor an SqlError."""
    db.run("IF @@TRANCOUNT > 0 ROLLBACK; USE sandbox; SET XACT_ABORT OFF; SET NOCOUNT OFF")
    db.run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRAN")
    try:
        with contextlib.suppress(SqlError):
            db.run(sql, 1)
    finally:
        db.run("IF @@TRANCOUNT > 0 ROLLBACK")


@pytest.fixture
def furnished(db: Client) -> Client:
    for statement in nonsense.SETTING:
        db.run(statement)
    return db


KINDS = {
    "queries": nonsense.queries,
    "changes": nonsense.changes,
    "steps": nonsense.steps,
    "spoilt": nonsense.spoilt,
    "soup": nonsense.soup,
    "text": st.text(max_size=40),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_is_answered(furnished: Client, kind: str) -> None:
    @thorough
    @given(KINDS[kind])
    def run(sql: str) -> None:
        answered(furnished, sql)

    run()
