"""Guards in what is asked of SQL Server."""

from __future__ import annotations

from tests.mutants.mutant import mutant

CANCELLING = "common/database/mssql/cancellation.py"
CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
CLIENT = "common/database/mssql_client.py"
SNAPSHOT = "common/database/mssql/snapshot.py"
STATEMENTS = "common/database/mssql/statements.py"
TEST_CANCELLING = "tests/unit/common/test_cancellation.py::"

SQL_SERVER_PLAN = (
    mutant(
        "column mask",
        "an edit of any column sends a row that is pending already",
        (STATEMENTS, ".where(_is_pending(tracked, table), sa.or_(*touched))", ".where(_is_pending(tracked, table))"),
        red=CHANGES + "test_an_unrelated_edit_of_a_pending_row_is_left_out",
    ),
    mutant(
        "arguments in the mask",
        "a rejected row that was fixed is not taken again",
        ("common/database/records.py", "(self.status_column, *self.args)", "(self.status_column,)"),
        red="tests/fundamentals/test_10_rejected_rows.py::test_a_row_that_is_fixed_is_taken_again",
    ),
    mutant(
        "the row's status",
        "a row that is pending no more is sent",
        (
            STATEMENTS,
            ".where(_is_pending(tracked, table), sa.or_(*touched))",
            ".where(sa.or_(*touched))",
        ),
        red=CHANGES + "test_a_row_that_is_pending_no_more_is_left_out",
    ),
    mutant(
        "one snapshot",
        "what is committed during the read is read under another version",
        (CLIENT, 'isolation_level="SNAPSHOT"', 'isolation_level="READ COMMITTED"'),
        red=CHANGES + "test_a_snapshot_does_not_see_what_comes_later",
    ),
    mutant(
        "the fence's version",
        "an older copy of the database with the same epoch is overwritten",
        (STATEMENTS, '            _FENCE["version"] == expected.version,\n', ""),
        red=CHANGES + "test_a_fence_is_compared_whole[{'version': 1}]",
    ),
    mutant(
        "the fence's epoch",
        "the fence of another Mongo is overwritten",
        (STATEMENTS, '            _FENCE["epoch"] == expected.epoch,\n', ""),
        red=CHANGES + "test_a_fence_is_compared_whole[{'epoch': 'another'}]",
    ),
    mutant(
        "the fence's generation",
        "the fence of a successor is overwritten",
        (STATEMENTS, '            _FENCE["generation"] == expected.generation,\n', ""),
        red=CHANGES + "test_a_fence_is_compared_whole[{'generation': 2}]",
    ),
    mutant(
        "the first fence",
        "of two relays that begin, both believe that the database is theirs",
        (
            SNAPSHOT,
            "except IntegrityError:\n            return False",
            "except IntegrityError:\n            return True",
        ),
        red=CHANGES + "test_the_first_fence_is_set_where_there_is_none",
    ),
    mutant(
        "one connection up to the fence",
        "a database that was restored meanwhile is marked, and what is new in it lies below the watermark",
        (
            SNAPSHOT,
            "        return self._connection.execute(statements.move_fence(",
            "        another = self._connection.engine.execution_options(isolation_level='AUTOCOMMIT').connect()\n"
            "        return another.execute(statements.move_fence(",
        ),
        red="tests/integration/faults/test_restores.py::test_a_restore_between_the_read_and_the_fence",
    ),
    mutant(
        "no connection made anew by the driver",
        "the same: SQL Server lets the driver take an idle connection up again by itself",
        ("common/config.py", '            "ConnectRetryCount": "0",\n', ""),
        red="tests/unit/common/test_config.py::test_the_driver_reads_every_value_as_it_was_given",
    ),
    mutant(
        "a call lasts as long as its cancel",
        "a statement is closed while it is cancelled, and the driver takes the process along",
        (
            CANCELLING,
            "        with self._lock:\n            if self._cursor is not None:\n"
            "                self._cancelled = True\n                self._cursor.cancel()\n",
            "        if (cursor := self._cursor) is not None:\n"
            "            self._cancelled = True\n            cursor.cancel()\n",
        ),
        red=TEST_CANCELLING + "test_a_call_does_not_return_before_its_cancel_has",
    ),
    mutant(
        "no cancel between two calls",
        "a statement is cancelled that is being closed, with the same end",
        (CANCELLING, "            with self._lock:\n                self._cursor = None\n", "            pass\n"),
        red=TEST_CANCELLING + "test_between_two_calls_nothing_is_cancelled",
    ),
    mutant(
        "a cancelled call has failed",
        "what the driver makes of a cancel at the wrong moment is taken for what the server said",
        (CANCELLING, "        if self._cancelled:\n            raise _given_up()\n", ""),
        red=TEST_CANCELLING + "test_a_call_that_was_cancelled_ends_with_the_same_error_whatever_the_driver_says[None]",
    ),
    mutant(
        "the driver's own limit is the later one",
        "a statement is cancelled by two at once, and ends without a reason",
        (CLIENT, "RELAY_STALL_SECONDS + settings.heartbeat_seconds + CANCEL_SECONDS", "RELAY_STALL_SECONDS"),
        red="tests/integration/faults/test_stalls.py::test_the_heartbeat_is_there_before_the_drivers_own_limit",
    ),
)
