"""Guards in what is asked of SQL Server."""

from __future__ import annotations

from tests.mutants.mutant import argument, gives, gone, mutant, never, unlocked

CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
TEST_CANCELLING = "tests/unit/common/test_cancellation.py::"
BY_ANOTHER_CONNECTION = (
    "self._connection.engine.execution_options(isolation_level='AUTOCOMMIT').connect()"
    ".execute(statements.move_fence(self._tracked.name, fence, expected)).rowcount == 1"
)

SQL_SERVER_PLAN = (
    mutant(
        "column mask",
        "an edit of any column sends a row that is pending already",
        gone("column-mask"),
        red=CHANGES + "test_an_unrelated_edit_of_a_pending_row_is_left_out",
    ),
    mutant(
        "arguments in the mask",
        "a rejected row that was fixed is not taken again",
        gives("watched-columns", "tuple(dict.fromkeys(self.watch or (self.status_column,)))"),
        red="tests/fundamentals/test_10_rejected_rows.py::test_a_row_that_is_fixed_is_taken_again",
    ),
    mutant(
        "the row's status",
        "a row that is pending no more is sent",
        gone("row-status"),
        red=CHANGES + "test_a_row_that_is_pending_no_more_is_left_out",
    ),
    mutant(
        "one snapshot",
        "what is committed during the read is read under another version",
        argument("one-snapshot", "isolation_level", "'READ COMMITTED'"),
        red=CHANGES + "test_a_snapshot_does_not_see_what_comes_later",
    ),
    mutant(
        "the fence's version",
        "an older copy of the database with the same epoch is overwritten",
        gone("fence-version"),
        red=CHANGES + "test_a_fence_is_compared_whole[{'version': 1}]",
    ),
    mutant(
        "the fence's epoch",
        "the fence of another Mongo is overwritten",
        gone("fence-epoch"),
        red=CHANGES + "test_a_fence_is_compared_whole[{'epoch': 'another'}]",
    ),
    mutant(
        "the fence's generation",
        "the fence of a successor is overwritten",
        gone("fence-generation"),
        red=CHANGES + "test_a_fence_is_compared_whole[{'generation': 2}]",
    ),
    mutant(
        "the first fence",
        "of two relays that begin, both believe that the database is theirs",
        gives("first-fence", "True"),
        red=CHANGES + "test_the_first_fence_is_set_where_there_is_none",
    ),
    mutant(
        "one connection up to the fence",
        "a database that was restored meanwhile is marked, and what is new in it lies below the watermark",
        gives("one-connection", BY_ANOTHER_CONNECTION),
        red="tests/integration/faults/test_restores.py::test_a_restore_between_the_read_and_the_fence",
    ),
    mutant(
        "no connection made anew by the driver",
        "the same: SQL Server lets the driver take an idle connection up again by itself",
        gone("driver-never-reconnects"),
        red="tests/unit/common/test_config.py::test_the_driver_reads_every_value_as_it_was_given",
    ),
    mutant(
        "a call lasts as long as its cancel",
        "a statement is closed while it is cancelled, and the driver takes the process along",
        unlocked("cancel-holds-lock"),
        red=TEST_CANCELLING + "test_a_call_does_not_return_before_its_cancel_has",
    ),
    mutant(
        "no cancel between two calls",
        "a statement is cancelled that is being closed, with the same end",
        gone("no-cancel-between-calls"),
        red=TEST_CANCELLING + "test_between_two_calls_nothing_is_cancelled",
    ),
    mutant(
        "a cancelled call has failed",
        "what the driver makes of a cancel at the wrong moment is taken for what the server said",
        never("cancelled-call-failed"),
        red=TEST_CANCELLING + "test_a_call_that_was_cancelled_ends_with_the_same_error_whatever_the_driver_says[None]",
    ),
    mutant(
        "the driver's own limit is the later one",
        "a statement is cancelled by two at once, and ends without a reason",
        gives("driver-limit-is-later", "math.ceil(settings.RELAY_STALL_SECONDS)"),
        red="tests/integration/faults/test_stalls.py::test_the_heartbeat_is_there_before_the_drivers_own_limit",
    ),
)
