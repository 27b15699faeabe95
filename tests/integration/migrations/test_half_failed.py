"""A migration that died half-way is completed by the next, which remembers rightly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from alembic import op

from tests.integration.migrations.database import ALL_ON, SWITCHED_ON_BEFORE, TABLES, UNTOUCHED, Database


class DiedError(Exception):
    """The process is dead."""


@contextmanager
def only(statements: int) -> Iterator[None]:
    """Let the migration run that many statements; at the next one it dies."""
    execute = op.execute
    left = iter(range(statements))

    def dying(statement: Any) -> None:
        if next(left, None) is None:
            raise DiedError
        execute(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(op, "execute", dying)
        yield


class TestHalfFailed:
    STATEMENTS = 15
    """CREATE TABLE, four rows, and two for each of the five switches."""

    @pytest.mark.parametrize("others", [(), SWITCHED_ON_BEFORE], ids=["empty", "partly enabled"])
    def test_an_upgrade_that_died_anywhere_is_completed_by_the_next(
        self, ready: Database, others: Sequence[str]
    ) -> None:
        ready.run(*others)
        before = ready.state()
        ready.upgrade()
        remembered = ready.memory()
        ready.downgrade()
        for survived in range(self.STATEMENTS):
            with only(survived), pytest.raises(DiedError):
                ready.upgrade()

            ready.upgrade()
            assert set(ready.state().tracked) == set(TABLES), survived
            assert ready.memory() == remembered, survived

            ready.downgrade()
            assert ready.state() == before, survived

    def test_that_is_how_many_statements_there_are(self, ready: Database) -> None:
        with only(self.STATEMENTS):
            ready.upgrade()

        assert ready.state() == ALL_ON

    def test_a_downgrade_that_died_anywhere_is_completed_by_the_next(self, ready: Database) -> None:
        for survived in range(len(TABLES) + 3):
            ready.upgrade()
            with only(survived), pytest.raises(DiedError):
                ready.downgrade()

            ready.downgrade()
            assert ready.state() == UNTOUCHED, survived
